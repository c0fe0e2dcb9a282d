#compdef muster
# Completes muster in zsh: muster itself says what may stand where the cursor is. Where it knows nothing, file names do.
_muster() {
  local -a candidates open
  candidates=("${(@f)$(muster __complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)}")
  candidates=("${(@)candidates:#}")
  if (( ${#candidates} == 0 )); then
    _files
    return
  fi
  # What is to be followed by more gets no blank behind it.
  open=("${(@M)candidates:#*@}")
  candidates=("${(@)candidates:#*@}")
  (( ${#open} )) && compadd -S '' -a open
  (( ${#candidates} )) && compadd -a candidates
}
compdef _muster muster
