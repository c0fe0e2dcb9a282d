# shellcheck shell=bash
# Owns switching a symbolic link: whoever reads it sees the old target or the new one, never none.

# muster_link_switch TARGET LINK: makes LINK point to TARGET in one rename. Fails when LINK is something else than a link.
muster_link_switch() {
  local staged=$2.new.$$
  if [[ -e $2 && ! -L $2 ]]; then muster_fail "$2 is no symbolic link, and is left as it is"; fi
  if ! { ln -sfn -- "$1" "$staged" && mv -fT -- "$staged" "$2"; }; then muster_fail "cannot make $2 point to $1"; fi
}
