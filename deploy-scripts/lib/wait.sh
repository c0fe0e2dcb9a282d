# shellcheck shell=bash
# Owns patience: how long a service may take to become healthy, and how long it must stay so.

_MUSTER_PROBE_MIN_MS=100
_MUSTER_PROBE_MAX_MS=5000

# muster_wait KIND TARGET WITHIN_MS [FOR_MS [DAEMON]]: returns when TARGET has been healthy for FOR_MS without a break that began
# within WITHIN_MS; fails with what came back last. Where DAEMON is named, its death ends the waiting at once.
muster_wait() {
  local kind=$1 target=$2 within_ms=$3 for_ms=${4:-0} daemon=${5-}
  local began_ms now_ms healthy_at_ms='' longest_ms=-1 tries=0 every_ms answer status
  every_ms=$(_muster_setting_ms PROBE_EVERY_MS 250) || exit 1
  began_ms=$(muster_now_ms)
  now_ms=$began_ms
  while :; do
    tries=$((tries + 1)) status=0
    answer=$(_muster_probe "$kind" "$target" "$(_muster_probe_ms "$((began_ms + within_ms - now_ms))" "$healthy_at_ms")") || status=$?
    answer="$(_muster_subject "$kind" "$target" "$daemon") $answer"
    if [[ -n $daemon && -z $(_muster_daemon_main "$(_muster_pid_file "$daemon")") ]]; then _muster_daemon_died "$daemon" 'is not running'; fi
    now_ms=$(muster_now_ms)
    if ((status == 0)); then
      healthy_at_ms=${healthy_at_ms:-$now_ms}
      longest_ms=$((now_ms - healthy_at_ms > longest_ms ? now_ms - healthy_at_ms : longest_ms))
      if ((now_ms - healthy_at_ms >= for_ms)); then
        muster_log "$answer: healthy after $(_muster_seconds "$((healthy_at_ms - began_ms))"), for $(_muster_seconds "$((now_ms - healthy_at_ms))")"
        return 0
      fi
    elif ((status == _MUSTER_HOPELESS)); then
      muster_fail "$answer"
    else
      healthy_at_ms=''
      if ((now_ms - began_ms >= within_ms)); then
        answer+=" after $(_muster_tries "$tries") in $(_muster_seconds "$((now_ms - began_ms))")"
        ((longest_ms < 0)) || answer+=", healthy for no more than $(_muster_seconds "$longest_ms") of $(_muster_seconds "$for_ms")"
        muster_fail "$answer"
      fi
    fi
    _muster_sleep_ms "$every_ms"
  done
}

# _muster_probe_ms LEFT_MS HEALTHY: how long one probe may take: no longer than is LEFT, unless the service is HEALTHY already.
_muster_probe_ms() {
  if [[ -n $2 ]] || (($1 > _MUSTER_PROBE_MAX_MS)); then
    echo "$_MUSTER_PROBE_MAX_MS"
  else
    echo "$(($1 > _MUSTER_PROBE_MIN_MS ? $1 : _MUSTER_PROBE_MIN_MS))"
  fi
}

# _muster_subject KIND TARGET DAEMON: what a message about a probe begins with.
_muster_subject() {
  case $1 in
    exec) echo "\"$2\"" ;;
    none) echo "${3:-nothing}" ;;
    *) echo "$2" ;;
  esac
}

_muster_tries() {
  if (($1 == 1)); then echo '1 try'; else echo "$1 tries"; fi
}
