# shellcheck shell=bash
# Owns what `${NAME}` stands for in a text of the service catalogue: the service's variable NAME, or else the host's label NAME.

# muster_expand TEXT: prints TEXT with each ${NAME} replaced by MUSTER_VAR_NAME, or else MUSTER_LABEL_NAME; fails when neither is set.
# Nothing is evaluated: a value is taken as it stands.
muster_expand() {
  local rest=$1 expanded='' name variable
  while [[ $rest =~ \$\{([A-Za-z_][A-Za-z0-9_]*)\} ]]; do
    name=${BASH_REMATCH[1]} variable=MUSTER_VAR_${BASH_REMATCH[1]}
    [[ -n ${!variable+set} ]] || variable=MUSTER_LABEL_$name
    [[ -n ${!variable+set} ]] || muster_fail "$1: \${$name} is neither a variable of the service nor a label of this host"
    expanded+=${rest%%"\${$name}"*}${!variable}
    rest=${rest#*"\${$name}"}
  done
  printf '%s\n' "$expanded$rest"
}
