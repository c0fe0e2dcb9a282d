#!/usr/bin/env bash
# become-daemon.sh PID_FILE COMMAND: turns into a daemon's main process. `muster_daemon_start` runs it as the head of a new session.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
source "${BASH_SOURCE[0]%/*}/process.sh"
# shellcheck source-path=SCRIPTDIR
source "${BASH_SOURCE[0]%/*}/become.sh"
_muster_become "$1" "$2"
