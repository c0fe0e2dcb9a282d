# shellcheck shell=bash
# Owns daemons that systemd keeps: a unit file per daemon, made from the template systemd/service.unit, or from `service.unit` of the cmd
# package. Root's daemons belong to the system's manager, another account's to its own. A unit exists from `start` to `stop`, so nothing
# is left of a service that has been removed.

_MUSTER_SYSTEMCTL_WITHIN_S=60
_MUSTER_UNIT_TEMPLATE=${BASH_SOURCE[0]%/*}/../systemd/service.unit

# muster_unit_start NAME COMMAND [SETTLE_MS]: has systemd keep COMMAND running in the working directory, also after a crash and a boot.
# Fails when it runs already, and when it ends within SETTLE_MS; systemd does not try again then.
muster_unit_start() {
  local name=$1 command=$2 settle_ms unit said started_ms
  settle_ms=${3:-$(_muster_setting_ms SETTLE_MS 500)} || exit 1
  unit=$(_muster_unit "$name")
  _muster_daemon_idle "$name"
  _muster_log_open "$name"
  rm -f -- "$(_muster_pid_file "$name")"
  _muster_unit_write "$name" "$command"
  started_ms=$(muster_now_ms)
  if ! said=$({ _muster_systemctl daemon-reload && _muster_systemctl enable "$unit" && _muster_systemctl start "$unit"; } 2>&1); then
    _muster_unit_remove "$name"
    muster_fail "systemd does not start $unit: ${said##*$'\n'}"
  fi
  while [[ $(_muster_unit_state "$unit") == active ]]; do
    if (($(muster_now_ms) - started_ms >= settle_ms)) && [[ -n $(_muster_daemon_main "$(_muster_pid_file "$name")") ]]; then
      muster_log "$name runs as $unit, log $(_muster_log_file "$name")"
      return 0
    fi
    _muster_sleep_ms "$_MUSTER_POLL_MS"
  done
  said=$(_muster_unit_exit_words "$unit")
  _muster_systemctl stop "$unit" >/dev/null 2>&1 || true
  _muster_unit_remove "$name"
  _muster_daemon_died "$name" "$said $(_muster_seconds "$(($(muster_now_ms) - started_ms))") after its start"
}

# muster_unit_stop NAME [WITHIN_MS]: has systemd end it, and KILL what is left after WITHIN_MS; removes the unit. Nothing there: fine.
muster_unit_stop() {
  local name=$1 within_ms signal unit said started_ms
  within_ms=${2:-$(_muster_setting_ms STOP_WITHIN_MS 10000)} || exit 1
  signal=$(_muster_stop_signal) || exit 1
  unit=$(_muster_unit "$name")
  if [[ ! -e $(_muster_launch_file "$name") ]]; then
    muster_log "$name does not run"
    return 0
  fi
  started_ms=$(muster_now_ms)
  if ! _muster_unit_ends "$unit" 0; then
    said=$(_muster_systemctl stop --no-block "$unit" 2>&1) || muster_fail "systemd does not stop $unit: ${said##*$'\n'}"
    if ! _muster_unit_ends "$unit" "$within_ms"; then
      muster_log "$name did not end within $(_muster_seconds "$within_ms") of $signal, killing $unit"
      _muster_systemctl kill --signal=KILL "$unit" || true
      _muster_unit_ends "$unit" "$_MUSTER_KILL_WITHIN_MS" || muster_fail "$name cannot be stopped, KILL did not end $unit"
    fi
  fi
  _muster_unit_remove "$name"
  muster_log "$name stopped in $(_muster_seconds "$(($(muster_now_ms) - started_ms))")"
}

# _muster_unit NAME: prints the unit's name. Units of a host share one room: the colon keeps `worker` of service web apart from a service
# that is called web-worker, and from web's instance of that name.
_muster_unit() {
  case $1 in
    "$MUSTER_SERVICE" | "$MUSTER_SERVICE"@*) echo "muster-$1.service" ;;
    *) echo "muster-$MUSTER_SERVICE:$1.service" ;;
  esac
}

_muster_unit_file() {
  local folder=${MUSTER_UNIT_DIR:-}
  if [[ -z $folder ]]; then
    if ((EUID == 0)); then folder=/etc/systemd/system; else folder=${XDG_CONFIG_HOME:-$HOME/.config}/systemd/user; fi
  fi
  echo "$folder/$(_muster_unit "$1")"
}

# _muster_unit_write NAME COMMAND: writes the launcher and the unit file, but never over that of somebody else.
_muster_unit_write() {
  local file unit launch signal bash wanted_by=default.target template=$_MUSTER_UNIT_TEMPLATE
  unit=$(_muster_unit "$1") file=$(_muster_unit_file "$1") launch=$(_muster_launch_file "$1") bash=$(type -P bash)
  signal=$(_muster_stop_signal) || exit 1
  if ((EUID == 0)); then wanted_by=multi-user.target; fi
  # shellcheck disable=SC2034 # what the template may name, beside the variables of the service and the script's environment
  local MUSTER_NAME=$1 MUSTER_UNIT=$unit MUSTER_LAUNCH=$launch MUSTER_SIGNAL=SIG$signal MUSTER_BASH=$bash MUSTER_WANTED_BY=$wanted_by
  if [[ -n ${MUSTER_CMD_DIR:-} && -e $MUSTER_CMD_DIR/service.unit ]]; then template=$MUSTER_CMD_DIR/service.unit; fi
  if [[ -e $file ]] && ! grep -qF -- "$launch" "$file"; then muster_fail "$file is there already, and is not of this service"; fi
  mkdir -p -- "${file%/*}" || muster_fail "cannot make ${file%/*}"
  _muster_launch_write "$1" "$2"
  muster_render "$template" "$file" 644
}

# _muster_unit_remove NAME: leaves no trace of it. The launcher goes last, so that a stop that is interrupted is taken up again.
_muster_unit_remove() {
  local unit file
  unit=$(_muster_unit "$1") file=$(_muster_unit_file "$1")
  _muster_systemctl disable "$unit" >/dev/null 2>&1 || true
  rm -f -- "$file"
  _muster_systemctl daemon-reload >/dev/null 2>&1 || true
  _muster_systemctl reset-failed "$unit" >/dev/null 2>&1 || true
  rm -f -- "$(_muster_pid_file "$1")" "$(_muster_launch_file "$1")"
}

# _muster_unit_ends UNIT WITHIN_MS: waits until nothing of it runs.
_muster_unit_ends() {
  local deadline_ms state
  deadline_ms=$(($(muster_now_ms) + $2))
  while :; do
    state=$(_muster_unit_state "$1")
    case $state in
      inactive | failed | unknown) return 0 ;;
      '') muster_fail "systemd does not say whether $1 runs: $(_muster_systemctl is-active "$1" 2>&1 | tail -n 1)" ;;
    esac
    (($(muster_now_ms) < deadline_ms)) || return 1
    _muster_sleep_ms "$_MUSTER_POLL_MS"
  done
}

# _muster_unit_state UNIT: prints active, inactive, activating (it crashed and is about to be started again) …; nothing: nobody knows.
_muster_unit_state() {
  _muster_systemctl is-active "$1" 2>/dev/null || true
}

# _muster_unit_exit_words UNIT: how its main process ended last.
_muster_unit_exit_words() {
  local shown status
  shown=$(_muster_systemctl show --property=ExecMainCode --property=ExecMainStatus "$1" 2>/dev/null) || true
  [[ $shown =~ ExecMainStatus=([0-9]+) ]] || { echo ended; return; }
  status=${BASH_REMATCH[1]}
  # CLD_KILLED and CLD_DUMPED: the status is a signal
  if [[ $shown =~ ExecMainCode=[23] ]]; then status=$((status + 128)); fi
  _muster_exit_words "$status"
}

_muster_systemctl() {
  local -a of=()
  if ((EUID != 0)); then of=(--user); fi
  XDG_RUNTIME_DIR=${XDG_RUNTIME_DIR:-/run/user/$EUID} timeout "$_MUSTER_SYSTEMCTL_WITHIN_S" systemctl "${of[@]}" --no-ask-password "$@"
}
