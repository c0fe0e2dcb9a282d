# shellcheck shell=bash
# Owns how a script that a rollout runs once learns which hosts it is about.

# muster_wave_hosts: prints the names of the hosts of the wave, one per line. From the file where there is one: a variable cannot hold
# the names of thousands of hosts.
muster_wave_hosts() {
  if [[ -n ${MUSTER_WAVE_HOSTS_FILE:-} ]]; then
    cat -- "$MUSTER_WAVE_HOSTS_FILE" || muster_fail "cannot read $MUSTER_WAVE_HOSTS_FILE"
  else
    printf '%s\n' "${MUSTER_WAVE_HOSTS:-}"
  fi | tr -s ', ' '[\n*]' | awk NF
}
