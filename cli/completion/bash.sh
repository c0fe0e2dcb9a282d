# shellcheck shell=bash
# Completes muster in bash: muster itself says what may stand where the cursor is. Where it knows nothing, file names do.
_muster() {
  local line=${COMP_LINE:0:COMP_POINT} word prefix candidate
  local -a words=()
  # Bash breaks words at @, = and :, which are parts of ours.
  read -ra words <<<"$line"
  [[ $line == *[[:space:]] ]] && words+=('')
  word=${words[-1]}
  prefix=${word%"${word##*[@=:]}"}
  COMPREPLY=()
  while IFS= read -r candidate; do
    COMPREPLY+=("${candidate#"$prefix"}")
  done < <(muster __complete -- "${words[@]:1}" 2>/dev/null)
  # What is to be followed by more gets no blank behind it.
  [[ ${#COMPREPLY[@]} -gt 0 && ${COMPREPLY[0]} == *@ ]] && compopt -o nospace 2>/dev/null
  return 0
}
complete -o default -F _muster muster
