# shellcheck shell=bash
# Owns $MUSTER_SHARED_DIR/run/NAME.launch: a script that becomes a daemon as `start` would have, with the same environment and directory,
# at any time and without this library, which a later version of the agent may have elsewhere. As long as it is there, systemd keeps NAME.

_muster_launch_file() { echo "$MUSTER_SHARED_DIR/run/$1.launch"; }

# _muster_launch_write NAME COMMAND: writes it for the working directory. Only its account may read it: variables may be secrets.
_muster_launch_write() {
  local file variable
  file=$(_muster_launch_file "$1")
  (
    umask 077
    {
      printf '#!/usr/bin/env bash\n# Becomes %s, release %s; written by its start, run by systemd.\nset -euo pipefail\n' "$1" "${MUSTER_VERSION:-}"
      declare -f _muster_stat _muster_identity _muster_become
      while read -r variable; do
        case $variable in
          MUSTER_TICKET | PWD | OLDPWD | SHLVL | _ | BASHOPTS | SHELLOPTS) ;;
          *) printf 'export %s=%q\n' "$variable" "${!variable}" ;;
        esac
      done < <(compgen -e)
      printf 'cd -P -- %q\nexec </dev/null >>%q 2>&1\n_muster_become %q %q\n' "$PWD" "$(_muster_log_file "$1")" "$(_muster_pid_file "$1")" "$2"
    } >"$file.new"
  ) || muster_fail "cannot write $file"
  mv -f -- "$file.new" "$file"
}
