"""A BitTorrent client of libtorrent alone: fetches a torrent into a directory once it hears `go`, says `done` when it has it, and serves until it is killed.

python3 torrent-client.py TORRENT DIRECTORY ADDRESS
"""
import sys

import libtorrent

torrent, directory, address = sys.argv[1:]
session = libtorrent.session({
    'listen_interfaces': f'{address}:6881',
    'enable_dht': False, 'enable_lsd': False, 'enable_upnp': False, 'enable_natpmp': False,
    'alert_mask': libtorrent.alert.category_t.status_notification,
    # Everybody may serve everybody, and nobody is waited for.
    'unchoke_slots_limit': -1, 'smooth_connects': False, 'connection_speed': 1000, 'torrent_connect_boost': 255,
    # uTP steps back behind other traffic; there is none.
    'enable_outgoing_utp': False, 'enable_incoming_utp': False,
})
print('ready', flush=True)
sys.stdin.readline()
session.add_torrent({'ti': libtorrent.torrent_info(torrent), 'save_path': directory})
said = False
while True:
    session.wait_for_alert(1000)
    for alert in session.pop_alerts():
        if isinstance(alert, libtorrent.torrent_finished_alert) and not said:
            said = True
            print('done', flush=True)
