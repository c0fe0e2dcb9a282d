# shellcheck shell=bash
# Owns the answer to "address already in use": by whom?

# muster_port_owner PORT: prints "pid 12 (node)" of a process that listens on the TCP port; fails when none does, or none that we may see.
muster_port_owner() {
  local inode fd
  # awk reads to the end: were it to leave early, cat would die of it where there are many sockets, and pipefail with it
  inode=$(cat /proc/net/tcp /proc/net/tcp6 2>/dev/null |
    awk -v port="$(printf ':%04X' "$1")" '!found && $4 == "0A" && substr($2, length($2) - 4) == port { print $10; found = 1 }') || true
  [[ -n $inode ]] || return 1
  fd=$(find /proc/[0-9]*/fd -lname "socket:\[$inode\]" -print -quit 2>/dev/null) || true
  [[ -n $fd ]] || return 1
  echo "pid $(_muster_names "$(cut -d / -f 3 <<<"$fd")")"
}

# _muster_check_port_owner: the same for the port that the service's health check asks, as "port 80 is in use by pid 12 (node)".
_muster_check_port_owner() {
  local target owner
  target=$(muster_expand "${MUSTER_CHECK_TARGET:-}" 2>/dev/null) && [[ $target =~ :([0-9]+) ]] || return 1
  owner=$(muster_port_owner "${BASH_REMATCH[1]}") && echo "port ${BASH_REMATCH[1]} is in use by $owner"
}
