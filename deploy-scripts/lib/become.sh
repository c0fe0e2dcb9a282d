# shellcheck shell=bash
# Owns the last moment of the library in a service's main process. It writes the pid file itself, before the service exists, and in one
# exec loses the step's marker and gains the daemon's: there is no moment at which a service runs unrecorded, or at which a late timeout
# of the step would kill it.

# _muster_become PID_FILE COMMAND: turns this process into the daemon's main process.
_muster_become() {
  local pid_file=$1 command=$2 fd fresh
  _muster_identity $$ >"$pid_file.new"
  mv -f -- "$pid_file.new" "$pid_file"

  for fd in "/proc/$$/fd"/*; do
    fd=${fd##*/}
    # 255 is bash's own, for this script, and closes by itself
    if ((fd > 2 && fd != 255)); then eval "exec $fd>&-"; fi
  done

  # `&` made us deaf to INT and QUIT; an env that cannot mend that (coreutils before 8.31) leaves it so
  fresh=(env "--default-signal=INT,QUIT")
  "${fresh[@]}" true 2>/dev/null || fresh=(env)

  unset MUSTER_TICKET
  export MUSTER_PID_FILE=$pid_file
  # no `exec` before COMMAND: bash execs a simple one by itself, and `PORT=80 node web.js` or `cd app && ./web` work as well
  exec "${fresh[@]}" "$BASH" -c "$command"
}
