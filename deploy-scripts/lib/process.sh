# shellcheck shell=bash
# Owns how a process is told from a later one with the same number: "PID START BOOT" never comes twice.

# _muster_stat PID: puts the fields of /proc/PID/stat from the third on into the caller's array `stat`; fails when nothing lives there.
# ${stat[0]} is the state, ${stat[3]} the session, ${stat[19]} the start time in ticks since boot. A zombie does not live.
_muster_stat() {
  local line=
  { IFS= read -r -d '' line <"/proc/$1/stat"; } 2>/dev/null || [[ -n $line ]] || return 1
  read -r -a stat <<<"${line##*) }"
  [[ ${stat[0]} != [ZX] ]]
}

# _muster_identity PID: prints "PID START BOOT"; fails when no such process lives.
_muster_identity() {
  local stat boot
  [[ $1 =~ ^[1-9][0-9]*$ ]] && _muster_stat "$1" || return 1
  read -r boot </proc/sys/kernel/random/boot_id
  echo "$1 ${stat[19]} $boot"
}

# _muster_alive PID: does it live?
_muster_alive() {
  local stat
  _muster_stat "$1"
}

# _muster_session PID: prints the pids of the session that PID leads.
_muster_session() {
  local proc stat
  for proc in /proc/[0-9]*; do
    if _muster_stat "${proc#/proc/}" && [[ ${stat[3]} == "$1" ]]; then echo "${proc#/proc/}"; fi
  done
}

# _muster_carriers NAME=VALUE: prints the pids of the processes that were started with it in their environment.
_muster_carriers() {
  { LC_ALL=C grep -lzxF -e "$1" /proc/[0-9]*/environ 2>/dev/null || true; } | cut -d / -f 3
}

# _muster_names PID…: prints "12 (node), 15 (sh)".
_muster_names() {
  local pid comm text=
  for pid in "$@"; do
    comm=gone
    { read -r comm <"/proc/$pid/comm"; } 2>/dev/null || true
    text+="${text:+, }$pid ($comm)"
  done
  echo "$text"
}
