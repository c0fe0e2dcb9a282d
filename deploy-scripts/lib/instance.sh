# shellcheck shell=bash
# Owns that a service may run several times on a host: each instance sees its own variables under the names that all have.

# muster_each_instance FUNCTION [ARGUMENT…]: runs FUNCTION for each instance of the service, one after another, in a subshell in which
# MUSTER_INSTANCE names it and MUSTER_VAR_*, MUSTER_RUN and MUSTER_CHECK_TARGET are its own. Without instances it runs once, and
# MUSTER_INSTANCE is empty. The first that fails ends it, with that status.
muster_each_instance() {
  local instance status
  local -a instances
  read -r -a instances <<<"${MUSTER_INSTANCES:-}"
  if ((${#instances[@]} == 0)); then instances=(''); fi
  for instance in "${instances[@]}"; do
    # no `||` here: inside of it, bash would ignore a failure in the midst of FUNCTION
    (
      _muster_become_instance "$instance"
      "$@"
    )
    status=$?
    ((status == 0)) || return "$status"
  done
}

# muster_instance_name: prints what the daemon of this instance is called, and its files: web, or web@a. A service is never called so.
muster_instance_name() {
  echo "$MUSTER_SERVICE${MUSTER_INSTANCE:+@$MUSTER_INSTANCE}"
}

# _muster_become_instance INSTANCE: puts its values in the place of those that all instances share.
_muster_become_instance() {
  local prefix=MUSTER_INSTANCE_$1_ name
  export MUSTER_INSTANCE=$1
  [[ -n $1 ]] || return 0
  [[ $1 =~ ^[a-z][a-z0-9]*$ ]] || muster_fail "MUSTER_INSTANCES: \"$1\" is no name of an instance"
  while read -r name; do
    case ${name#"$prefix"} in
      RUN | CHECK_TARGET | VAR_*) export "MUSTER_${name#"$prefix"}=${!name}" ;;
    esac
  done < <(compgen -e "$prefix")
}
