# shellcheck shell=bash
# Owns taking turns among scripts of one host.

# muster_lock FILE [WITHIN_MS]: takes the lock FILE, which is made where there is none, for as long as this script and what it has
# started live; daemons do not hold it. Fails when somebody else still has it after WITHIN_MS.
muster_lock() {
  local lock
  { exec {lock}>>"$1"; } 2>/dev/null || muster_fail "cannot open $1"
  flock --wait "$(_muster_decimal "${2:-0}")" "$lock" || muster_fail "somebody else has the lock $1, waited $(_muster_seconds "${2:-0}")"
}
