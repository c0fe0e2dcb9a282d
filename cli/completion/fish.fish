# Completes muster in fish: muster itself says what may stand where the cursor is. Where it knows nothing, file names do.
function __muster_complete
    set -l words (commandline -opc) (commandline -ct)
    set -l candidates (muster __complete -- $words[2..-1] 2>/dev/null)
    if test (count $candidates) -eq 0
        __fish_complete_path (commandline -ct)
    else
        printf '%s\n' $candidates
    end
end
complete -c muster -f -a '(__muster_complete)'
