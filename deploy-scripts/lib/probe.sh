# shellcheck shell=bash
# Owns a single question to a service. A probe prints what came back, as the rest of a sentence that begins with the target. Status 0:
# healthy; 1: not now; _MUSTER_HOPELESS: it never will be, the question itself is wrong.

_MUSTER_HOPELESS=2

# _muster_probe KIND TARGET TIMEOUT_MS
_muster_probe() {
  case $1 in
    none) echo lives ;;
    http) if command -v curl >/dev/null; then _muster_probe_curl "$2" "$3"; else _muster_probe_http "$2" "$3"; fi ;;
    tcp) _muster_probe_tcp "$2" "$3" ;;
    exec) _muster_probe_exec "$2" "$3" ;;
    *)
      echo "cannot be checked: \"$1\" is no kind of check, only http, tcp, exec and none are"
      return "$_MUSTER_HOPELESS"
      ;;
  esac
}

_muster_probe_curl() {
  local code status=0
  # -q: no ~/.curlrc decides over a service's health; --noproxy: nor does a proxy
  code=$(curl -q --silent --noproxy '*' --output /dev/null --max-time "$(_muster_decimal "$2")" --write-out '%{http_code}' -- "$1") || status=$?
  case $status in
    0) _muster_http_verdict "$code" ;;
    1 | 3)
      echo 'is no URL that can be asked'
      return "$_MUSTER_HOPELESS"
      ;;
    6) _muster_unhealthy 'names no known host' ;;
    7) _muster_unhealthy 'accepted no connection' ;;
    28) _muster_unhealthy "gave no answer within $(_muster_seconds "$2")" ;;
    *) _muster_unhealthy "broke off (curl status $status)" ;;
  esac
}

# For hosts without curl: HTTP/1.0 by bash alone.
_muster_probe_http() {
  local address path answer status=0
  if [[ ! $1 =~ ^http://([^/?#@]+)/?([^#]*) ]]; then
    echo 'cannot be asked without curl, only http://HOST:PORT/PATH can'
    return "$_MUSTER_HOPELESS"
  fi
  address=${BASH_REMATCH[1]} path=/${BASH_REMATCH[2]}
  [[ $address =~ :[0-9]+$ ]] || address+=:80
  answer=$(_muster_connect "$address" "$2" "GET $path HTTP/1.0"$'\r\n'"Host: $address"$'\r\n\r\n') || status=$?
  if ((status > 0)); then
    echo "$answer"
    return "$status"
  fi
  if [[ $answer =~ ^HTTP/[0-9.]+\ ([0-9]{3}) ]]; then _muster_http_verdict "${BASH_REMATCH[1]}"; else _muster_unhealthy 'answered something else than HTTP'; fi
}

_muster_http_verdict() {
  echo "answered $1"
  [[ $1 == [23]?? ]]
}

_muster_probe_tcp() {
  _muster_connect "$1" "$2" && echo 'accepts connections'
}

_muster_probe_exec() {
  local said status=0
  # the last line is what a program that fails says about it
  said=$(timeout --kill-after=1 "$(_muster_decimal "$2")" "$BASH" -c "$1" 2>&1 </dev/null | tail -n 1 | cut -c -200; exit "${PIPESTATUS[0]}") || status=$?
  case $status in
    0) echo 'exited with 0' ;;
    124 | 137) _muster_unhealthy "did not end within $(_muster_seconds "$2")${said:+ ($said)}" ;;
    *) _muster_unhealthy "exited with $status${said:+ ($said)}" ;;
  esac
}

# _muster_connect HOST:PORT TIMEOUT_MS [REQUEST]: connects; sends REQUEST, if there is one, and prints the first line of the answer.
_muster_connect() {
  local answer status=0
  if [[ ! $1 =~ ^(\[([0-9a-fA-F:.]+)\]|([^]:/[]+)):([0-9]{1,5})$ ]]; then
    echo 'is no address, HOST:PORT is one'
    return "$_MUSTER_HOPELESS"
  fi
  # shellcheck disable=SC2016 # the inner bash expands it
  answer=$(timeout "$(_muster_decimal "$2")" "$BASH" -c '
    { exec 3<>"/dev/tcp/$1/$2"; } 2>/dev/null || exit 7
    [[ -n $3 ]] || exit 0
    printf %s "$3" >&3 && IFS= read -r line <&3
    printf %s "$line"' connect "${BASH_REMATCH[2]:-${BASH_REMATCH[3]}}" "${BASH_REMATCH[4]}" "${3-}" 2>/dev/null) || status=$?
  case $status in
    0) printf %s "$answer" ;;
    7) _muster_unhealthy 'accepted no connection' ;;
    124) _muster_unhealthy "gave no answer within $(_muster_seconds "$2")" ;;
    *) _muster_unhealthy 'broke off' ;;
  esac
}

_muster_unhealthy() {
  echo "$1"
  return 1
}
