# shellcheck shell=bash
# Owns time: milliseconds of a clock that nobody sets, so that a corrected wall clock neither cuts a deadline nor stretches it.

# muster_now_ms: prints milliseconds since boot, in steps of ten.
muster_now_ms() {
  local uptime
  read -r uptime _ </proc/uptime
  echo "$((10#${uptime/./} * 10))"
}

# _muster_decimal MS: prints it in seconds, as `sleep`, `timeout` and `curl` take it: 1250 → 1.250
_muster_decimal() {
  printf '%d.%03d\n' "$(($1 / 1000))" "$(($1 % 1000))"
}

# _muster_seconds MS: prints it for a person: 1250 → 1.3s, 10000 → 10s
_muster_seconds() {
  local tenths=$((($1 + 50) / 100))
  if ((tenths % 10)); then echo "$((tenths / 10)).$((tenths % 10))s"; else echo "$((tenths / 10))s"; fi
}

_muster_sleep_ms() {
  sleep "$(_muster_decimal "$1")"
}
