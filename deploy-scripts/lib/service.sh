# shellcheck shell=bash
# Owns what the default steps do for one instance of a service. Its runner is what keeps it running: a pid file, or systemd.

# muster_service_start: keeps the service's command line, or else the package's own `run`, running from the real release directory, so
# that a later switch of `current` changes nothing under a process that still runs.
muster_service_start() {
  local runner name
  runner=$(_muster_setting RUNNER pid-file)
  name=$(muster_instance_name)
  cd -P -- "$MUSTER_RELEASE_DIR" || muster_fail "there is no release in $MUSTER_RELEASE_DIR"
  if [[ -z ${MUSTER_RUN:-} && ! -x run ]]; then
    muster_fail "nothing to run: the service has no command line \`run\`, and $PWD holds no executable \`run\`"
  fi
  case $runner in
    pid-file) muster_daemon_start "$name" "${MUSTER_RUN:-./run}" ;;
    systemd) muster_unit_start "$name" "${MUSTER_RUN:-./run}" ;;
    *) muster_fail "RUNNER is \"$runner\"; pid-file or systemd would be right" ;;
  esac
}

# muster_service_stop: ends what muster_service_start has left running, whichever runner keeps it. Nothing there: fine.
muster_service_stop() {
  _muster_stop "$(muster_instance_name)"
}

# muster_service_check: the process lives, and the service's health check says yes, soon enough and long enough.
muster_service_check() {
  local kind=${MUSTER_CHECK_KIND:-none} target=${MUSTER_CHECK_TARGET:-}
  # an exec target is a shell command line: there, ${MUSTER_VAR_NAME} is the shell's own affair
  if [[ $kind == http || $kind == tcp ]]; then target=$(muster_expand "$target") || exit 1; fi
  muster_wait "$kind" "$target" "${MUSTER_CHECK_WITHIN_MS:-30000}" "${MUSTER_CHECK_FOR_MS:-0}" "$(muster_instance_name)"
}

# muster_stop_all: muster_service_stop for each instance, and then whatever else this library keeps running for the service: daemons that
# a script has started under a name of its own, and instances that are no longer in the catalogue.
muster_stop_all() {
  local file name
  muster_each_instance muster_service_stop
  for file in "$MUSTER_SHARED_DIR"/run/*.pid "$MUSTER_SHARED_DIR"/run/*.launch; do
    [[ -e $file ]] || continue
    name=${file##*/}
    _muster_stop "${name%.*}"
  done
}

# _muster_stop NAME
_muster_stop() {
  if [[ -e $(_muster_launch_file "$1") ]]; then muster_unit_stop "$1"; else muster_daemon_stop "$1"; fi
}
