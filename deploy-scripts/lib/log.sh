# shellcheck shell=bash
# Owns what a step says. The last line is what a person sees first, so `muster_fail` ends a script with its reason.

# muster_log TEXT: one line of what happens.
muster_log() {
  printf '%s\n' "$*"
}

# muster_fail TEXT: ends the script with status 1 and TEXT as its last line.
muster_fail() {
  printf '%s\n' "$*" >&2
  exit 1
}
