# shellcheck shell=bash
# Owns putting a file aside that has grown too large.

# muster_rotate FILE MAX_BYTES [KEEP]: when FILE is larger than MAX_BYTES it becomes FILE.1, what was FILE.1 becomes FILE.2, and so on up
# to FILE.KEEP. For files that nobody writes to at the moment: a writer would go on in FILE.1.
muster_rotate() {
  local file=$1 keep=${3:-3} size_bytes n
  size_bytes=$(stat -c %s -- "$file" 2>/dev/null) || return 0
  ((size_bytes > $2)) || return 0
  for ((n = keep; n > 1; n--)); do
    if [[ -e $file.$((n - 1)) ]]; then mv -fT -- "$file.$((n - 1))" "$file.$n"; fi
  done
  mv -fT -- "$file" "$file.1"
}
