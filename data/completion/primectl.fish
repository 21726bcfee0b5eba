# SPDX-License-Identifier: LGPL-2.1-or-later
# fish completion for primectl(1)

function __primectl_pairs
    primectl list --no-legend 2>/dev/null | awk '{ print $2 }'
end

function __primectl_adapters
    primectl adapters --no-legend 2>/dev/null | awk '{ print $2 }'
end

set -l verbs list status adapters module show is-protected wait watch monitor history explain plan diff prime snapshot restore probe split switch confirm revert drill hold release reset inject record replay check cat reload metrics

complete -c primectl -f
complete -c primectl -n "not __fish_seen_subcommand_from $verbs" -a list -d 'List the pairs (default)'
complete -c primectl -n "not __fish_seen_subcommand_from $verbs" -a status -d 'Show one pair, or all, with the evidence'
complete -c primectl -n "not __fish_seen_subcommand_from $verbs" -a adapters -d 'List the guarded adapters'
complete -c primectl -n "not __fish_seen_subcommand_from $verbs" -a module -d 'Show optical modules: values, limits, verdicts'
complete -c primectl -n "not __fish_seen_subcommand_from $verbs" -a show -d 'Show properties as NAME=VALUE'
complete -c primectl -n "not __fish_seen_subcommand_from $verbs" -a is-protected -d 'Exit 0 if protected, 1 if not'
complete -c primectl -n "not __fish_seen_subcommand_from $verbs" -a wait -d 'Wait until the pair is in --state='
complete -c primectl -n "not __fish_seen_subcommand_from $verbs" -a watch -d 'Follow the pairs on the whole screen'
complete -c primectl -n "not __fish_seen_subcommand_from $verbs" -a monitor -d 'Print events as they happen'
complete -c primectl -n "not __fish_seen_subcommand_from $verbs" -a history -d 'List past moves of traffic'
complete -c primectl -n "not __fish_seen_subcommand_from $verbs" -a explain -d 'Say why, for a pair or one move'
complete -c primectl -n "not __fish_seen_subcommand_from $verbs" -a plan -d 'Show what priming would do'
complete -c primectl -n "not __fish_seen_subcommand_from $verbs" -a diff -d 'Show where the adapters differ'
complete -c primectl -n "not __fish_seen_subcommand_from $verbs" -a prime -d 'Configure the spare like the serving adapter'
complete -c primectl -n "not __fish_seen_subcommand_from $verbs" -a snapshot -d "Keep an adapter's configuration"
complete -c primectl -n "not __fish_seen_subcommand_from $verbs" -a restore -d 'Put an adapter back that carries no traffic'
complete -c primectl -n "not __fish_seen_subcommand_from $verbs" -a probe -d 'Prove both paths now'
complete -c primectl -n "not __fish_seen_subcommand_from $verbs" -a split -d 'Move ingress to the spare, leave egress'
complete -c primectl -n "not __fish_seen_subcommand_from $verbs" -a switch -d 'Move all traffic to the spare, or to ADAPTER'
complete -c primectl -n "not __fish_seen_subcommand_from $verbs" -a confirm -d 'Keep a switch made with --revert-after='
complete -c primectl -n "not __fish_seen_subcommand_from $verbs" -a revert -d 'Undo a split or the last switch, or the priming'
complete -c primectl -n "not __fish_seen_subcommand_from $verbs" -a drill -d 'Switch there and back, count what is lost'
complete -c primectl -n "not __fish_seen_subcommand_from $verbs" -a hold -d 'Forbid automatic moves'
complete -c primectl -n "not __fish_seen_subcommand_from $verbs" -a release -d 'Allow them again'
complete -c primectl -n "not __fish_seen_subcommand_from $verbs" -a reset -d 'Forget failed attempts and the spent budget'
complete -c primectl -n "not __fish_seen_subcommand_from $verbs" -a inject -d 'Raise a signal, for a drill'
complete -c primectl -n "not __fish_seen_subcommand_from $verbs" -a record -d 'Keep what is sampled as a trace'
complete -c primectl -n "not __fish_seen_subcommand_from $verbs" -a replay -d 'Say what would be done with a trace'
complete -c primectl -n "not __fish_seen_subcommand_from $verbs" -a check -d 'Check policy files, without the daemon'
complete -c primectl -n "not __fish_seen_subcommand_from $verbs" -a cat -d 'Print the policy in force, with its source'
complete -c primectl -n "not __fish_seen_subcommand_from $verbs" -a reload -d 'Load the policy files again'
complete -c primectl -n "not __fish_seen_subcommand_from $verbs" -a metrics -d 'Print metrics for Prometheus'
complete -c primectl -n "__fish_seen_subcommand_from check record replay restore snapshot" -F
complete -c primectl -n "__fish_seen_subcommand_from status show switch" -a "(__primectl_pairs) (__primectl_adapters)"
complete -c primectl -n "__fish_seen_subcommand_from inject module snapshot" -a "(__primectl_adapters)"
complete -c primectl -n "__fish_seen_subcommand_from is-protected wait watch monitor history explain plan diff prime probe split confirm revert drill hold release reset cat record" -a "(__primectl_pairs)"
complete -c primectl -l help -s h -d 'Show this help'
complete -c primectl -l version -d 'Show the version'
complete -c primectl -l json -x -a 'short pretty off' -d 'Print JSON'
complete -c primectl -l no-legend -d 'Print no headings and no summary'
complete -c primectl -l no-pager -d 'Accepted; there is no pager'
complete -c primectl -l quiet -s q -d 'Say nothing, also no errors'
complete -c primectl -l host -s H -x -d 'Ask another host, over ssh'
complete -c primectl -l machine -s M -x -d 'Ask a local container'
complete -c primectl -l property -s p -x -d 'Only these properties (show)'
complete -c primectl -l timeout -x -d 'How long to wait for the daemon'
complete -c primectl -l reason -x -d 'Why (split, switch, drill, hold)'
complete -c primectl -l force -d 'Also to a spare that is not proved (split, switch, drill), or from another driver (restore)'
complete -c primectl -l dry-run -d 'Say whether it would be done (split, switch), or what (restore)'
complete -c primectl -l revert-after -x -d 'Go back unless confirmed within (switch)'
complete -c primectl -l for -x -d 'How long (hold, inject, record)'
complete -c primectl -l prime -d 'Give the spare its former configuration back (revert)'
complete -c primectl -l all -d 'Also what is equal (plan, diff)'
complete -c primectl -l detailed-exitcode -d 'Exit with 2 if there is something to do (plan, diff)'
complete -c primectl -l state -x -a 'absent unprotected protected priming primed splitting split unsplitting switching failed' -d 'What to wait for: protected, primed, split, ... (wait)'
complete -c primectl -l policy -r -F -d 'The policy to follow (replay)'
complete -c primectl -l svg -r -F -d 'Also draw a picture (replay)'
complete -c primectl -l keep -x -d 'How many files of 16 MiB at most (record)'
