# shellcheck shell=bash
# Owns the files of a daemon: $MUSTER_SHARED_DIR/run/NAME.pid, which says who it is, and $MUSTER_SHARED_DIR/log/NAME.log.
# They lie in the service's own directory, so no two services ever share one.

_MUSTER_LOG_MAX_BYTES=$((64 * 1024 * 1024)) # a larger log is put aside at the next start
_MUSTER_LOGS_KEPT=3
_MUSTER_TAIL_BYTES=8192
_MUSTER_TAIL_LINES=20
_MUSTER_TAIL_COLUMNS=300
_MUSTER_LOG_HEAD='--- muster starts' # begins the line that separates one start from the next

_muster_pid_file() { echo "$MUSTER_SHARED_DIR/run/$1.pid"; }
_muster_log_file() { echo "$MUSTER_SHARED_DIR/log/$1.log"; }

# _muster_log_open NAME: makes the directories, puts a large log aside, and heads the lines of the start that follows.
_muster_log_open() {
  local log
  log=$(_muster_log_file "$1")
  mkdir -p -- "$MUSTER_SHARED_DIR/run" "${log%/*}" || muster_fail "cannot make run/ and log/ in $MUSTER_SHARED_DIR"
  muster_rotate "$log" "$_MUSTER_LOG_MAX_BYTES" "$_MUSTER_LOGS_KEPT"
  printf '%s %s %s, %s ---\n' "$_MUSTER_LOG_HEAD" "$1" "${MUSTER_VERSION:-}" "$(date -u +%FT%TZ)" >>"$log"
}

# _muster_log_tail NAME: prints what it has logged since its last start, at most the last lines of it.
_muster_log_tail() {
  tail -c "$_MUSTER_TAIL_BYTES" -- "$(_muster_log_file "$1")" 2>/dev/null |
    awk -v head="$_MUSTER_LOG_HEAD" -v lines="$_MUSTER_TAIL_LINES" -v columns="$_MUSTER_TAIL_COLUMNS" '
      index($0, head) == 1 { n = 0; next }
      { line[n++] = substr($0, 1, columns) }
      END { for (i = n > lines ? n - lines : 0; i < n; i++) print line[i] }' || true
}

# _muster_gist: of log lines on stdin, prints the one that most likely says why: the last that reads `something: text` and is not
# indented (the message above a stack trace, below a traceback), else the last that is not empty.
_muster_gist() {
  awk '/^[^[:space:]].*: ./ { reason = $0 } NF { last = $0 } END { print reason != "" ? reason : last }'
}
