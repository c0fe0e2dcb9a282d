# shellcheck shell=bash
# Owns a daemon's life. Its processes are the session that its main process leads, and all that carry MUSTER_PID_FILE=<its pid
# file> in their environment; nothing else is ever signalled. The pid file is believed only while pid, start time and boot agree.

_MUSTER_KILL_WITHIN_MS=5000 # what KILL has not ended by then hangs in the kernel
_MUSTER_POLL_MS=50

# muster_daemon_start NAME COMMAND [SETTLE_MS]: keeps COMMAND running in the working directory, in a session of its own, its output
# appended to its log. Fails when it runs already, or dies within SETTLE_MS.
muster_daemon_start() {
  local name=$1 command=$2 settle_ms
  local pid_file log child started_ms status=0
  settle_ms=${3:-$(_muster_setting_ms SETTLE_MS 500)} || exit 1
  pid_file=$(_muster_pid_file "$name")
  log=$(_muster_log_file "$name")
  _muster_daemon_idle "$name"
  _muster_log_open "$name"
  rm -f -- "$pid_file"
  set +m # a job of its own would make setsid fork, and $! would not be the daemon
  started_ms=$(muster_now_ms)
  setsid "$BASH" "${BASH_SOURCE[0]%/*}/become-daemon.sh" "$pid_file" "$command" </dev/null >>"$log" 2>&1 &
  child=$!
  while _muster_alive "$child"; do
    if (($(muster_now_ms) - started_ms >= settle_ms)) && [[ $(_muster_daemon_main "$pid_file") == "$child" ]]; then
      muster_log "$name runs as pid $child, log $log"
      return 0
    fi
    _muster_sleep_ms "$_MUSTER_POLL_MS"
  done 2>/dev/null # bash's own word about a killed job
  wait "$child" || status=$?
  _muster_daemon_died "$name" "$(_muster_exit_words "$status") $(_muster_seconds "$(($(muster_now_ms) - started_ms))") after its start"
}

# muster_daemon_stop NAME [WITHIN_MS]: TERM (or STOP_SIGNAL) to all its processes, KILL to those that are left after WITHIN_MS. Nothing
# there: fine.
muster_daemon_stop() {
  local name=$1 within_ms signal
  local pid_file main pids started_ms
  within_ms=${2:-$(_muster_setting_ms STOP_WITHIN_MS 10000)} || exit 1
  signal=$(_muster_stop_signal) || exit 1
  pid_file=$(_muster_pid_file "$name")
  main=$(_muster_daemon_main "$pid_file")
  mapfile -t pids < <(_muster_daemon_pids "$pid_file" "$main")
  if ((${#pids[@]} == 0)); then
    rm -f -- "$pid_file"
    muster_log "$name does not run"
    return 0
  fi
  started_ms=$(muster_now_ms)
  if ! _muster_daemon_end "$signal" "$pid_file" "$main" "$within_ms"; then
    mapfile -t pids < <(_muster_daemon_pids "$pid_file" "$main")
    muster_log "$name did not end within $(_muster_seconds "$within_ms") of $signal, killing $(_muster_names "${pids[@]}")"
    if ! _muster_daemon_end KILL "$pid_file" "$main" "$_MUSTER_KILL_WITHIN_MS"; then
      mapfile -t pids < <(_muster_daemon_pids "$pid_file" "$main")
      muster_fail "$name cannot be stopped, KILL did not end $(_muster_names "${pids[@]}")"
    fi
  fi
  rm -f -- "$pid_file"
  muster_log "$name stopped in $(_muster_seconds "$(($(muster_now_ms) - started_ms))")"
}

# muster_daemon_status NAME: says whether its main process lives, in words and by status 0 (lives) or 1.
muster_daemon_status() {
  local main
  main=$(_muster_daemon_main "$(_muster_pid_file "$1")")
  if [[ -z $main ]]; then
    muster_log "$1 does not run"
    return 1
  fi
  muster_log "$1 runs as pid $main"
}

# _muster_daemon_idle NAME: fails when a process of it lives, also one that its main process has left behind.
_muster_daemon_idle() {
  local pid_file pids
  pid_file=$(_muster_pid_file "$1")
  mapfile -t pids < <(_muster_daemon_pids "$pid_file" "$(_muster_daemon_main "$pid_file")")
  ((${#pids[@]} == 0)) || muster_fail "$1 runs already: $(_muster_names "${pids[@]}")"
}

# _muster_daemon_main PID_FILE: prints the pid of the main process, or nothing when it does not live.
_muster_daemon_main() {
  local recorded=
  { read -r recorded <"$1"; } 2>/dev/null || true
  if [[ -n $recorded && $(_muster_identity "${recorded%% *}") == "$recorded" ]]; then echo "${recorded%% *}"; fi
}

# _muster_daemon_pids PID_FILE MAIN: prints the pids of all its processes; MAIN is empty when the main process is not there.
_muster_daemon_pids() {
  {
    if [[ -n $2 ]]; then _muster_session "$2"; fi
    _muster_carriers "MUSTER_PID_FILE=$1"
  } | sort -nu
}

# _muster_daemon_end SIGNAL PID_FILE MAIN WITHIN_MS: sends SIGNAL to each of its processes once (a second TERM means "now!" to many
# programs), also to those that appear meanwhile, until none is left; fails when some are left after WITHIN_MS.
_muster_daemon_end() {
  local signal=$1 pid_file=$2 main=$3 deadline_ms pids pid
  deadline_ms=$(($(muster_now_ms) + $4))
  while mapfile -t pids < <(_muster_daemon_pids "$pid_file" "$main") && ((${#pids[@]} > 0)); do
    kill -s "$signal" "${pids[@]}" 2>/dev/null || true
    for pid in "${pids[@]}"; do
      while _muster_alive "$pid"; do
        (($(muster_now_ms) < deadline_ms)) || return 1
        _muster_sleep_ms "$_MUSTER_POLL_MS"
      done
    done
  done
}

# _muster_daemon_died NAME HOW: shows the end of its log, and ends the script with the gist of it.
_muster_daemon_died() {
  local tail owner reason="$1 $2"
  tail=$(_muster_log_tail "$1")
  if [[ -n $tail ]]; then
    muster_log "  | ${tail//$'\n'/$'\n'  | }"
    reason+="; last words: $(_muster_gist <<<"$tail")"
  fi
  if [[ ${tail,,} == *'address already in use'* ]] && owner=$(_muster_check_port_owner); then reason+=" ($owner)"; fi
  muster_fail "$reason"
}

# _muster_exit_words STATUS: "exited with 1", "was killed by SIGKILL".
_muster_exit_words() {
  local signal
  if (($1 == 0)); then echo 'exited with 0 (it has to stay in the foreground)'; return; fi
  if (($1 > 128)) && signal=$(kill -l "$1" 2>/dev/null); then echo "was killed by SIG$signal"; else echo "exited with $1"; fi
}
