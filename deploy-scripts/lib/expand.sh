# shellcheck shell=bash
# Owns what `${…}` stands for, the same in templates as in the service catalogue: ${NAME} is a variable of the service, ${label.KEY} a
# label of the host, ${MUSTER_NAME} a variable of the script's environment. A name that stands for nothing is an error, so a misspelt
# one never becomes an empty string. Nothing is evaluated: a value is taken as it stands.

# muster_expand TEXT: prints TEXT with each ${…} replaced by what it stands for; $${ becomes ${. Fails when a name stands for nothing.
muster_expand() {
  _muster_expand "$1" "$1"
  echo
}

# _muster_expand WHERE TEXT: the same without the newline; WHERE is what a message names. Goes by lines, because bash is slow at long texts.
_muster_expand() {
  local where=$1 open="\${" expanded='' line newline=$'\n' before name value
  while IFS= read -r line || { newline='' && [[ -n $line ]]; }; do
    while [[ $line == *"$open"* ]]; do
      before=${line%%"$open"*}
      line=${line#*"$open"}
      if [[ $before == *'$' ]]; then
        expanded+="$before{"
        continue
      fi
      [[ $line == *'}'* ]] || muster_fail "$where: a \${ has no }; to mean it as it stands, write \$\${"
      name=${line%%'}'*}
      line=${line#*'}'}
      _muster_look_up "$name" || muster_fail "$where: $value"
      expanded+=$before$value
    done
    expanded+=$line$newline
  done < <(printf '%s' "$2")
  printf '%s' "$expanded"
}

# _muster_look_up NAME: puts what ${NAME} stands for into the caller's `value`; fails with the reason there.
_muster_look_up() {
  local LC_ALL=C variable
  if [[ $1 =~ ^label\.([a-z][a-z0-9_.-]*)$ ]]; then
    variable=${BASH_REMATCH[1]^^}
    variable=MUSTER_LABEL_${variable//[!A-Z0-9]/_}
    value="\${$1} is no label of this host"
  elif [[ $1 =~ ^MUSTER_[A-Za-z0-9_]+$ ]]; then
    variable=$1
    value="\${$1} is not set for this script"
  elif [[ $1 =~ ^[A-Z][A-Z0-9_]*$ ]]; then
    variable=MUSTER_VAR_$1
    value="\${$1} is no variable of the service"
  else
    value="\${$1} is no name; \${NAME}, \${label.KEY} and \${MUSTER_NAME} are, and \$\${ means \${ as it stands"
    return 1
  fi
  [[ -n ${!variable+set} ]] || return 1
  value=${!variable}
}
