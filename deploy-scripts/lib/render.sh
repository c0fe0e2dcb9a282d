# shellcheck shell=bash
# Owns files made from templates: whoever reads one sees the old content or the new one, whole; one that would not change is not touched.

# muster_render TEMPLATE TARGET [MODE]: writes TEMPLATE, with each ${…} replaced as by muster_expand, to TARGET. MODE is octal; left out,
# it stays what it is, or is 644. Fails naming what stands for nothing, and leaves TARGET as it is then.
muster_render() {
  local template=$1 target mode=${3:-} text staged
  [[ -f $template && -r $template ]] || muster_fail "$template is no template that can be read"
  [[ $mode =~ ^[0-7]{0,4}$ ]] || muster_fail "$mode is no mode; octal digits such as 640 would be right"
  target=$(realpath -m -- "$2") # where TARGET is a link, it stays one
  [[ ! -e $target || -f $target ]] || muster_fail "$target is no file, and is left as it is"
  # the x keeps newlines at the end, which $( ) drops
  text=$(cat -- "$template" && echo x) || exit 1
  text=$(_muster_expand "$template" "${text%x}" && echo x) || exit 1
  text=${text%x}

  if [[ -e $target ]] && cmp -s -- "$target" <(printf '%s' "$text"); then
    if [[ -n $mode && $((8#$mode)) -ne $((8#$(stat -c %a -- "$target"))) ]]; then chmod -- "$mode" "$target"; fi
    muster_log "$target is as it was"
    return
  fi
  mode=${mode:-$(stat -c %a -- "$target" 2>/dev/null || echo 644)}
  staged=$target.new.$BASHPID
  if ! { (umask 077 && printf '%s' "$text" >"$staged") && chmod -- "$mode" "$staged" && mv -fT -- "$staged" "$target"; }; then
    rm -f -- "$staged"
    muster_fail "cannot write $target"
  fi
  muster_log "wrote $target"
}
