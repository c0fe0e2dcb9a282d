#!/bin/sh
# run-step.sh DIR COMMAND [ARGUMENT…]: runs one step of a command, at most once, and leaves its exit status in DIR/status.
#
# DIR/ticket is what makes it at most once: whoever links it there first has won, for good. An agent that comes back from a crash and
# takes it first knows that this script never ran and never will. It appears with this process's identity in it, so there is no
# moment at which the ticket is taken and nobody can tell by whom.
#
# The agent starts this as the leader of a session of its own, so it outlives the agent. A signal to the group ends COMMAND (a trap
# is not inherited, as ignoring would be) and not this shell, which stays to leave the status.
set -u
trap : HUP INT TERM
dir=$1
shift

read -r identity </proc/$$/stat
printf '%s\n' "$identity" >"$dir/ticket.$$" || exit 1
ln "$dir/ticket.$$" "$dir/ticket" || exit 1

"$@" </dev/null >>"$dir/output" 2>&1

printf '%s\n' "$?" >"$dir/status.new" && mv "$dir/status.new" "$dir/status"
