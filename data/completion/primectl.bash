# SPDX-License-Identifier: LGPL-2.1-or-later
# bash completion for primectl(1)

__primectl_pairs() {
        primectl list --no-legend 2>/dev/null | awk '{ print $2 }'
}

__primectl_adapters() {
        primectl adapters --no-legend 2>/dev/null | awk '{ print $2 }'
}

_primectl() {
        local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} verb='' i
        local verbs='list status adapters module show is-protected wait watch monitor history explain plan diff prime
                snapshot restore probe split switch confirm revert drill hold release reset inject record replay check cat reload metrics'
        local options='--help --version --json --no-legend --no-pager --quiet --host --machine --property
                --timeout --reason --force --dry-run --revert-after --for --prime --state
                --all --detailed-exitcode --policy --svg --keep'
        local states='absent unprotected protected priming primed splitting split unsplitting switching failed'

        COMPREPLY=()
        # "--json=short" comes as three words, "=" being one
        [[ $cur == = ]] && cur=''
        [[ $prev == = ]] && prev=${COMP_WORDS[COMP_CWORD-2]}
        case $prev in
        --json)
                mapfile -t COMPREPLY < <(compgen -W 'short pretty off' -- "$cur")
                return ;;
        --policy|--svg)
                mapfile -t COMPREPLY < <(compgen -f -- "$cur")
                return ;;
        --state)
                mapfile -t COMPREPLY < <(compgen -W "$states" -- "$cur")
                return ;;
        -H|--host|-M|--machine|-p|--property|--timeout|--reason|--revert-after|--for|--keep)
                return ;;
        esac
        if [[ $cur == -* ]]; then
                mapfile -t COMPREPLY < <(compgen -W "$options" -- "$cur")
                return
        fi
        for ((i = 1; i < COMP_CWORD; i++)); do
                if [[ " ${verbs//$'\n'/ } " == *" ${COMP_WORDS[i]} "* ]]; then
                        verb=${COMP_WORDS[i]}
                        break
                fi
        done
        case $verb in
        '')
                mapfile -t COMPREPLY < <(compgen -W "$verbs" -- "$cur") ;;
        record)
                mapfile -t COMPREPLY < <(compgen -f -W "$(__primectl_pairs)" -- "$cur") ;;
        check|replay|restore)
                mapfile -t COMPREPLY < <(compgen -f -- "$cur") ;;
        inject)
                mapfile -t COMPREPLY < <(compgen -W "$(__primectl_adapters) warn alarm" -- "$cur") ;;
        module)
                mapfile -t COMPREPLY < <(compgen -W "$(__primectl_adapters)" -- "$cur") ;;
        snapshot)
                mapfile -t COMPREPLY < <(compgen -f -W "$(__primectl_adapters)" -- "$cur") ;;
        status|show|switch)
                mapfile -t COMPREPLY < <(compgen -W "$(__primectl_pairs) $(__primectl_adapters)" -- "$cur") ;;
        list|adapters|reload|metrics)
                ;;
        *)
                mapfile -t COMPREPLY < <(compgen -W "$(__primectl_pairs)" -- "$cur") ;;
        esac
}

complete -F _primectl primectl
