# shellcheck shell=bash
# Owns where the library's own settings come from: what a script has set as MUSTER_<NAME> comes before the service's variable <NAME>.

# _muster_setting NAME DEFAULT: prints MUSTER_NAME, else MUSTER_VAR_NAME, else DEFAULT.
_muster_setting() {
  local own=MUSTER_$1 variable=MUSTER_VAR_$1
  printf '%s\n' "${!own:-${!variable:-$2}}"
}

# _muster_setting_ms NAME DEFAULT: the same for a duration. What is no number is refused before bash would evaluate it.
_muster_setting_ms() {
  local value
  value=$(_muster_setting "$@")
  [[ $value =~ ^[0-9]{1,9}$ ]] || muster_fail "$1 is \"$value\"; whole milliseconds such as $2 would be right"
  echo "$((10#$value))"
}

# _muster_stop_signal: prints the name of the signal that asks the service to end.
_muster_stop_signal() {
  local signal
  signal=$(_muster_setting STOP_SIGNAL TERM)
  signal=${signal#SIG}
  if [[ ! $signal =~ ^[A-Z]+[0-9]*$ ]] || ! kill -l "$signal" >/dev/null 2>&1; then
    muster_fail "STOP_SIGNAL is \"$signal\"; the name of a signal such as TERM or QUIT would be right"
  fi
  echo "$signal"
}
