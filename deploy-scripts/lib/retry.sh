# shellcheck shell=bash
# Owns trying again.

_MUSTER_BACKOFF_MAX_MS=30000

# muster_retry ATTEMPTS DELAY_MS COMMAND…: runs COMMAND until it succeeds, at most ATTEMPTS times, with DELAY_MS between the first two
# and twice as much each time after that. Its last status is the result.
muster_retry() {
  local attempts=$1 delay_ms=$2 attempt=1 status
  shift 2
  while :; do
    status=0
    "$@" || status=$?
    if ((status == 0 || attempt >= attempts)); then return "$status"; fi
    muster_log "$1 ended with $status, attempt $attempt of $attempts; again in $(_muster_seconds "$delay_ms")"
    _muster_sleep_ms "$delay_ms"
    attempt=$((attempt + 1))
    delay_ms=$((delay_ms * 2 < _MUSTER_BACKOFF_MAX_MS ? delay_ms * 2 : _MUSTER_BACKOFF_MAX_MS))
  done
}
