/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Every event the program announces, one row each. The MESSAGE_ID in the journal, the `kind` on the bus, the
 * text on stderr and the catalog that `journalctl -x` shows all come from here; data/primed.catalog is made
 * from it, and a test compares the two. An id is never used for anything else once it was released.
 *
 * X(enum, kind, id, priority, subject, text): the text is for an operator who sees the message for the first
 * time: what happened, what it means, what to do, by which command. @FIELD@ is a field of the journal entry. */

#include <syslog.h>

/* clang-format off */
#define EVENT_TABLE(X) \
        X(STARTED, "started", "a59c5fafab454a29a569e4cf0049d989", LOG_INFO, \
          "primed has started", \
          "primed @PRIMED_VERSION@ has started and takes up the pairs of its policies.\n" \
          "Traffic was not touched by the start: what a former run had put in place is\n" \
          "found again and kept.\n" \
          "\n" \
          "`primectl` lists the pairs; each is protected once its spare has been proved\n" \
          "by frames.\n") \
        X(STOPPED, "stopped", "6f7cde6297d849e084f01ba396d14246", LOG_NOTICE, \
          "primed has stopped", \
          "primed has stopped: @PRIMED_REASON@. Traffic stays where it is and goes on\n" \
          "flowing, but from now on nobody watches the adapters and nothing will be moved\n" \
          "when one fails.\n" \
          "\n" \
          "If this was not intended, start it with `systemctl start primed`;\n" \
          "`journalctl -u primed -b` shows what came before.\n") \
        X(POLICY_LOADED, "policy-loaded", "8a852b15566242268a2bf064eb074d13", LOG_INFO, \
          "Adapter policies were loaded", \
          "The policies are in effect: @MESSAGE@. Pairs whose policy did not change have\n" \
          "kept their state.\n" \
          "\n" \
          "`primectl cat` shows what is in effect, with the file each pair comes from.\n") \
        X(POLICY_INVALID, "policy-invalid", "f194716905e04065be0551d547b147e3", LOG_ERR, \
          "An adapter policy is invalid", \
          "There is an error in @PRIMED_FILE@: @PRIMED_REASON@\n" \
          "\n" \
          "Nothing of the new policies was taken: policies that were in effect before\n" \
          "stay so, and after a fresh start no pair is guarded. `primectl check` shows\n" \
          "every error with its line. Correct the file, then `primectl reload`.\n") \
        X(PAIR_ABSENT, "pair-absent", "09e9013187d94a2a831d90f7694402f8", LOG_WARNING, \
          "An adapter of a pair does not exist", \
          "Pair @PRIMED_PAIR@ cannot be guarded: @PRIMED_REASON@. It is taken up by\n" \
          "itself as soon as both adapters are there.\n" \
          "\n" \
          "`ip link` shows the adapters of this machine. When the adapter was\n" \
          "renamed or replaced, correct the policy and `primectl reload`; naming it by\n" \
          "path: or mac: keeps it found after a rename. When it vanished while running,\n" \
          "the kernel log says why: `journalctl -k -g @INTERFACE@`.\n") \
        X(PAIR_PROTECTED, "pair-protected", "4604a00f2a0c4b49bceaadb1b5a8c726", LOG_INFO, \
          "A pair is protected", \
          "The spare of pair @PRIMED_PAIR@ is up, healthy, and its path was proved by\n" \
          "frames: a failure of the adapter that serves can be answered now. Nothing\n" \
          "needs to be done.\n") \
        X(PAIR_UNPROTECTED, "pair-unprotected", "1bb5e50e42d94f51945059951d44ef43", LOG_WARNING, \
          "A pair is not protected", \
          "Pair @PRIMED_PAIR@ has no proved spare: @PRIMED_REASON@. Traffic flows as\n" \
          "before, but primed will not move it to the spare unless the serving adapter is\n" \
          "dead, and then without knowing that the spare works.\n" \
          "\n" \
          "Look at the spare first: `primectl status @PRIMED_PAIR@` says what it lacks,\n" \
          "`primectl probe @PRIMED_PAIR@` tests its path now. Common causes are a switch\n" \
          "port that is down or in another VLAN, a missing cable, and a network manager\n" \
          "that has set the spare down.\n") \
        X(ADAPTER_SUSPECT, "adapter-suspect", "a910da8d485c4509a3c4ae0b1c37a80c", LOG_WARNING, \
          "An adapter shows early signs of failure", \
          "Adapter @INTERFACE@ of pair @PRIMED_PAIR@ still works, but shows what comes\n" \
          "before failures: @PRIMED_REASON@. The risk that it fails within the hour is\n" \
          "put at @PRIMED_RISK@.\n" \
          "\n" \
          "The spare is being configured like it. Should the signs get worse, ingress\n" \
          "moves first, then egress, without loss. `primectl explain @PRIMED_PAIR@` shows\n" \
          "the evidence and what to check; for optics also `primectl module @INTERFACE@`.\n" \
          "Plan to clean or replace the part named there.\n") \
        X(ADAPTER_RECOVERED, "adapter-recovered", "76cc8da74df647fab759845503b7a514", LOG_NOTICE, \
          "An adapter has recovered", \
          "Nothing speaks against adapter @INTERFACE@ of pair @PRIMED_PAIR@ any more. It\n" \
          "may serve again; whether traffic returns to it by itself is the policy's\n" \
          "`failback`.\n" \
          "\n" \
          "`primectl history @PRIMED_PAIR@` shows how often this has happened. A fault\n" \
          "that comes and goes is mostly a cable or a connector.\n") \
        X(ADAPTER_FAILED, "adapter-failed", "db27440125b44242a2cc5090a0cc2928", LOG_ERR, \
          "An adapter has failed", \
          "Adapter @INTERFACE@ of pair @PRIMED_PAIR@ carries no traffic any more:\n" \
          "@PRIMED_REASON@.\n" \
          "\n" \
          "If it was the serving one, traffic is moved to the spare at once, and the next\n" \
          "message says how that went. The pair is then without a spare: repair soon.\n" \
          "`primectl explain @PRIMED_PAIR@` says what to check,\n" \
          "`journalctl -k -g @INTERFACE@` what the driver says. When the repair is done,\n" \
          "`primectl status @PRIMED_PAIR@` must say protected.\n") \
        X(STANDBY_PRIMED, "standby-primed", "00c48379550147b09615e0ca87319cce", LOG_INFO, \
          "The standby adapter has been primed", \
          "The spare @INTERFACE@ of pair @PRIMED_PAIR@ is now configured like the serving\n" \
          "adapter: rings, channels, offloads, coalescing and what else the policy does\n" \
          "not exclude. The serving adapter was not touched.\n" \
          "\n" \
          "`primectl diff @PRIMED_PAIR@` shows both side by side, with what had to be\n" \
          "clamped or is unsupported.\n") \
        X(STANDBY_BROKEN, "standby-broken", "da9f631105574dce9b939f92e5c7a5cf", LOG_WARNING, \
          "The standby adapter failed its check", \
          "The spare @INTERFACE@ of pair @PRIMED_PAIR@ has failed its check:\n" \
          "@PRIMED_REASON@. Had the serving adapter failed now, traffic would have had\n" \
          "nowhere to go. No traffic is affected.\n" \
          "\n" \
          "Repair it as if it were the serving one: `primectl status @PRIMED_PAIR@` for\n" \
          "its state, `primectl probe @PRIMED_PAIR@` to test again after each step:\n" \
          "cable, switch port, VLAN.\n") \
        X(PRIME_FAILED, "prime-failed", "fbcca70c810b4341af6a563929c5cae5", LOG_WARNING, \
          "Priming the standby adapter failed", \
          "The spare @INTERFACE@ of pair @PRIMED_PAIR@ could not be configured like the\n" \
          "serving adapter: @PRIMED_REASON@. What had been changed was set back. The pair\n" \
          "stays protected as far as its path is proved, but after a move the spare would\n" \
          "run with other buffers, queues or offloads.\n" \
          "\n" \
          "`primectl plan @PRIMED_PAIR@` shows which item is refused and by whom. When\n" \
          "the driver cannot do it, put the item into `prime-items: {exclude: [...]}` of\n" \
          "the policy; then `primectl prime @PRIMED_PAIR@`.\n") \
        X(PRIMING_DRIFT, "priming-drift", "b40f968519d949e9aac3aa2e3fb0a9e9", LOG_NOTICE, \
          "The adapters of a pair are no longer configured alike", \
          "Something outside primed changed an adapter of pair @PRIMED_PAIR@:\n" \
          "@PRIMED_REASON@. The spare does not follow now: with `prime: predicted` it\n" \
          "does at the first evidence, and while priming is on hold when it is asked for.\n" \
          "\n" \
          "`primectl diff @PRIMED_PAIR@` shows the difference, `primectl status` why\n" \
          "priming is on hold, and `primectl prime @PRIMED_PAIR@` sets it right now.\n") \
        X(SPARE_FOLLOWED, "spare-followed", "2f99f118d0c044c89596f213dbd6f9ad", LOG_INFO, \
          "The spare adapter followed a change of the serving one", \
          "Someone changed settings of the serving adapter of pair @PRIMED_PAIR@, and the\n" \
          "spare @INTERFACE@ was configured likewise: @PRIMED_REASON@. Nothing needs to be\n" \
          "done; `prime: predicted` in the policy would have the spare wait for evidence.\n") \
        X(DRIFT_REPAIRED, "drift-repaired", "bd0e9d4b407a4baa88630c5e4ad5b28b", LOG_NOTICE, \
          "Settings of the spare adapter were set right again", \
          "Something outside primed changed settings of the spare of pair @PRIMED_PAIR@,\n" \
          "and they were made like the serving adapter's again: @PRIMED_REASON@.\n" \
          "\n" \
          "When this comes back, find out who does it: `ethtool --monitor @INTERFACE@`\n" \
          "shows when. Usual are a .link file of systemd-udevd, a connection's ethtool\n" \
          "settings in NetworkManager, tuned, or a vendor's script. Make the change on\n" \
          "both adapters or remove it there.\n") \
        X(CONTENTION, "contention", "7924b819b0354b63be87d127be9d9415", LOG_WARNING, \
          "A setting of the spare adapter is fought over", \
          "Something outside primed keeps changing a setting of the spare @INTERFACE@ of\n" \
          "pair @PRIMED_PAIR@ as often as it is set right: @PRIMED_REASON@. To fight on\n" \
          "would only restart the adapter's queues each time, so the setting is left alone;\n" \
          "after a move traffic would run with it.\n" \
          "\n" \
          "Ask the other program: `networkctl status @INTERFACE@` names the .link file,\n" \
          "`nmcli device show @INTERFACE@` the connection; `tuned-adm active` and\n" \
          "`systemctl list-timers` are worth a look. Then `primectl prime @PRIMED_PAIR@`\n" \
          "sets it again and takes it up once more, or `prime-items: {exclude: [...]}` of\n" \
          "the policy leaves the item to the other program for good.\n") \
        X(PRIME_REVERTED, "prime-reverted", "09f7280124584485a993034cd4b4ef67", LOG_NOTICE, \
          "The spare adapter was given another configuration by request", \
          "By request: @PRIMED_REASON@. Pair @PRIMED_PAIR@ stays protected, but after a\n" \
          "move the spare would run with this configuration.\n" \
          "\n" \
          "`primectl diff @PRIMED_PAIR@` shows in what it differs from the serving\n" \
          "adapter. `primectl prime @PRIMED_PAIR@` primes it again; so does evidence\n" \
          "against the serving adapter, or a request to move traffic.\n") \
        X(PRIME_STUCK, "prime-stuck", "45f338e2c7ec408eae8e23c944b8bc97", LOG_ERR, \
          "A driver hangs", \
          "Setting the adapter @INTERFACE@ of pair @PRIMED_PAIR@ has not returned, and the\n" \
          "process that did it cannot be ended: @PRIMED_REASON@. primed does not wait for\n" \
          "it: pairs are watched and traffic is moved as before. But while the driver holds\n" \
          "the kernel's lock for network settings, every other program that needs it waits,\n" \
          "and nothing can be read from or set on this pair's adapters.\n" \
          "\n" \
          "`journalctl -k -g @INTERFACE@` shows what the driver says, `cat\n" \
          "/proc/$(pgrep primed-prime)/stack` where it is. When it returns, the adapter is\n" \
          "looked at again. Often only a reset of the device or a reboot helps; update\n" \
          "driver and firmware, and exclude the item in the policy until then.\n") \
        X(PRIME_UNSTUCK, "prime-unstuck", "cbaebccf01c647de8a4e33c495336e72", LOG_NOTICE, \
          "A driver that hung has returned", \
          "Pair @PRIMED_PAIR@: @PRIMED_REASON@. What it was about to set may have been set\n" \
          "only now, so both adapters are looked at again; the next message says when they\n" \
          "differ. Priming stays on hold, since it might hang again.\n" \
          "\n" \
          "`primectl prime @PRIMED_PAIR@` tries again, `primectl revert --prime\n" \
          "@PRIMED_PAIR@` gives the spare back what it had.\n") \
        X(EVIDENCE_RAISED, "evidence-raised", "a9001a9b563d47019d4f695e09fa41a2", LOG_NOTICE, \
          "A health signal of an adapter crossed a threshold", \
          "Signal @PRIMED_SIGNAL@ of adapter @INTERFACE@ has reached the level\n" \
          "@PRIMED_LEVEL@: @PRIMED_REASON@. At `warn` the spare is primed, at `alarm`\n" \
          "ingress moves to it.\n" \
          "\n" \
          "`primectl explain @PRIMED_PAIR@` shows the rule, how much was looked at and\n" \
          "what to check. When the threshold does not fit this hardware, set\n" \
          "`health: {signals: {@PRIMED_SIGNAL@: ...}}` in the policy.\n") \
        X(EVIDENCE_CLEARED, "evidence-cleared", "fa2520785f674f7e93677e20f3459075", LOG_INFO, \
          "A health signal of an adapter is good again", \
          "Signal @PRIMED_SIGNAL@ of adapter @INTERFACE@ no longer crosses a threshold.\n" \
          "Nothing needs to be done; `primectl history @PRIMED_PAIR@` shows whether it\n" \
          "keeps coming back.\n") \
        X(LINK_TROUBLE, "link-trouble", "879b5fad8ecf43cf8b88fca903f4f5c3", LOG_NOTICE, \
          "A driver says why its link is down", \
          "Adapter @INTERFACE@ of pair @PRIMED_PAIR@ has lost its link, and its driver says\n" \
          "why: @PRIMED_REASON@. The words are those of ethtool(8). What was to be done\n" \
          "about the loss was done when the carrier was lost.\n" \
          "\n" \
          "This is told once until the link has been up for a while; when the driver\n" \
          "changes its mind, `primectl status @PRIMED_PAIR@` shows what it says now.\n") \
        X(VETOED, "vetoed", "372f8fc4cb8047f380e984dffdbed008", LOG_WARNING, \
          "A sign of failure has a cause outside the adapter", \
          "Signal @PRIMED_SIGNAL@ speaks against both adapters of pair @PRIMED_PAIR@ at\n" \
          "the same time: @PRIMED_REASON@. That has a common cause, such as the switch,\n" \
          "the far end or the air conditioning, and moving traffic would not help. So\n" \
          "nothing is moved for it.\n" \
          "\n" \
          "Look at what both adapters share. `primectl explain @PRIMED_PAIR@` shows the\n" \
          "readings of both.\n") \
        X(SPLIT_STARTED, "split-started", "5fe01fdacdd143e995d86bd532e70be2", LOG_NOTICE, \
          "Received traffic is being moved", \
          "Ingress of pair @PRIMED_PAIR@ is moving from @PRIMED_FROM@ to @PRIMED_TO@\n" \
          "(@PRIMED_TRIGGER@): @PRIMED_REASON@. Egress stays on @PRIMED_FROM@. The next\n" \
          "message says whether ingress was seen to follow.\n") \
        X(SPLIT_DONE, "split-done", "ae808d67068c488cbd26e4e4325080f9", LOG_NOTICE, \
          "Received traffic was moved", \
          "Pair @PRIMED_PAIR@ now receives on @PRIMED_TO@ and still sends on\n" \
          "@PRIMED_FROM@. Egress follows as the policy's `handover` says.\n" \
          "\n" \
          "`primectl switch @PRIMED_PAIR@` moves egress now,\n" \
          "`primectl revert @PRIMED_PAIR@` takes ingress back,\n" \
          "`primectl explain @PRIMED_PAIR@` says why it was moved.\n") \
        X(SPLIT_UNDONE, "split-undone", "5f3548345ca7494d90a806e907a4bb6e", LOG_WARNING, \
          "Received traffic was moved back", \
          "Ingress of pair @PRIMED_PAIR@ is back on @PRIMED_FROM@: @PRIMED_REASON@.\n" \
          "Egress never left it.\n" \
          "\n" \
          "When nobody asked for this, the network did not follow: @PRIMED_TO@ announced\n" \
          "itself, but frames did not arrive there. Check that both switch ports are in\n" \
          "the same VLANs and that no port security pins MAC addresses to a port; then\n" \
          "try `primectl split @PRIMED_PAIR@`.\n") \
        X(DRAINED, "drained", "4c1f7f0c3f0b4f6e9d5a8c2b7e61d093", LOG_WARNING, \
          "Traffic is taken off an adapter", \
          "Both adapters of pair @PRIMED_PAIR@ carried traffic. From now on it leaves\n" \
          "@INTERFACE@: @PRIMED_REASON@.\n" \
          "\n" \
          "`primectl explain @PRIMED_PAIR@` says what is wrong with it. When it is good\n" \
          "again the policy's `failback` decides whether it gets its share back by itself;\n" \
          "`primectl revert @PRIMED_PAIR@` gives it back.\n") \
        X(BALANCED, "balanced", "8e2d4b6a91c7450fb3e6d1a07f5c9b24", LOG_NOTICE, \
          "Both adapters carry traffic again", \
          "Both adapters of pair @PRIMED_PAIR@ carry traffic again: @PRIMED_REASON@.\n" \
          "@INTERFACE@ had been left before.\n" \
          "\n" \
          "Nothing is to be done; `primectl status @PRIMED_PAIR@` shows what each carries.\n") \
        X(SWITCH_STARTED, "switch-started", "6fba5b24c062416fa36d614b80416857", LOG_NOTICE, \
          "Traffic is being moved", \
          "Traffic of pair @PRIMED_PAIR@ is moving from @PRIMED_FROM@ to @PRIMED_TO@\n" \
          "(move @PRIMED_SWITCH_ID@, @PRIMED_TRIGGER@): @PRIMED_REASON@. The next message\n" \
          "of this move says how it went.\n") \
        X(SWITCH_DONE, "switch-done", "c13d0a54cfd240618e220bcd814e781c", LOG_NOTICE, \
          "Traffic was moved to another adapter", \
          "Pair @PRIMED_PAIR@ is now served by @PRIMED_TO@ instead of @PRIMED_FROM@\n" \
          "(@PRIMED_TRIGGER@): @PRIMED_REASON@. The move took @PRIMED_DURATION_USEC@ us;\n" \
          "@PRIMED_LOST@ probes were lost by it.\n" \
          "\n" \
          "Find out what is wrong with @PRIMED_FROM@ before relying on it as the spare:\n" \
          "`primectl explain @PRIMED_PAIR@`. Then `primectl revert @PRIMED_PAIR@` goes\n" \
          "back, unless the policy's `failback` does so by itself.\n") \
        X(SWITCH_FAILED, "switch-failed", "a1252616a6c14ee593c878c193f60dd9", LOG_ERR, \
          "Moving traffic failed", \
          "Traffic of pair @PRIMED_PAIR@ could not be moved from @PRIMED_FROM@ to\n" \
          "@PRIMED_TO@: @PRIMED_REASON@. Steps already taken were undone where the\n" \
          "adapter still works.\n" \
          "\n" \
          "`primectl status @PRIMED_PAIR@` shows which adapter carries what now. If no\n" \
          "adapter works, repair either one and `primectl switch @PRIMED_PAIR@` by hand;\n" \
          "`journalctl PRIMED_PAIR=@PRIMED_PAIR@ PRIMED_SWITCH_ID=@PRIMED_SWITCH_ID@` has\n" \
          "all messages of this move.\n") \
        X(SWITCH_REVERTED, "switch-reverted", "1a8e9b287bed415c99000190eed36362", LOG_NOTICE, \
          "Traffic was moved back", \
          "Pair @PRIMED_PAIR@ is served by @PRIMED_TO@ again: @PRIMED_REASON@.\n" \
          "@PRIMED_LOST@ probes were lost by the move.\n" \
          "\n" \
          "`primectl history @PRIMED_PAIR@` shows both moves. When it was undone because\n" \
          "it was not confirmed in time, `primectl confirm @PRIMED_PAIR@` after the next\n" \
          "switch keeps it.\n") \
        X(SWITCH_SUPPRESSED, "switch-suppressed", "6b2ecaa0d542411c8578547e5376a892", LOG_WARNING, \
          "A switch was suppressed", \
          "Traffic of pair @PRIMED_PAIR@ should have been moved, but was not:\n" \
          "@PRIMED_REASON@. It stays on @INTERFACE@, which shows signs of failure.\n" \
          "\n" \
          "A hold, an inhibitor, the move budget or a spare that is worse can be the\n" \
          "reason; `primectl status @PRIMED_PAIR@` names it.\n" \
          "`primectl switch @PRIMED_PAIR@` moves anyway where that is safe.\n") \
        X(DRILL_DONE, "drill-done", "87015123a99f4117b1e63ddb82f3b3a9", LOG_NOTICE, \
          "A drill has ended", \
          "Traffic of pair @PRIMED_PAIR@ went to @PRIMED_TO@ and back to @PRIMED_FROM@ on\n" \
          "purpose: @PRIMED_REASON@. @PRIMED_LOST@ probes were lost.\n" \
          "\n" \
          "A drill that lost nothing shows that the pair would have survived a predicted\n" \
          "failure of the serving adapter. If it lost something,\n" \
          "`primectl history @PRIMED_PAIR@` says in which step.\n") \
        X(EXTERNAL_CHANGE, "external-change", "224fb4730c4e4e8f9fd533c1350d0b89", LOG_WARNING, \
          "Another program interfered with a pair", \
          "Something other than primed changed pair @PRIMED_PAIR@: @PRIMED_REASON@.\n" \
          "Where it moved traffic, primed takes this as an operator's will and does not\n" \
          "move it back at once. Where it removed primed's own programs, they are put back,\n" \
          "since without them the pair is not protected; to be rid of them, take the pair\n" \
          "out of the policy.\n" \
          "\n" \
          "A network manager that reapplies its configuration is the usual cause: compare\n" \
          "with `journalctl -u NetworkManager -u systemd-networkd --since=-5min`. Leave\n" \
          "the choice of the active adapter to one program only;\n" \
          "`primectl hold @PRIMED_PAIR@` keeps primed out of it meanwhile.\n") \
        X(CONFLICT, "conflict", "f6d8c9945f0f4bdb8149fd4658ee3f8e", LOG_WARNING, \
          "A setting works against primed", \
          "A setting of pair @PRIMED_PAIR@ would move traffic against what primed\n" \
          "decides: @PRIMED_REASON@. A bond's `primary` is the usual one: the bond\n" \
          "returns to that adapter by itself, whether it is good or not.\n" \
          "\n" \
          "primed never writes that setting. Remove it where it comes from (networkd:\n" \
          "PrimarySlave=, NetworkManager: the bond option primary, netplan: primary), and\n" \
          "leave the preference to `primary:` of the policy.\n") \
        X(SHARED_FATE, "shared-fate", "236486f2058049eda814663f2e192f5f", LOG_NOTICE, \
          "One fault can take both adapters of a pair", \
          "Both adapters of pair @PRIMED_PAIR@ hang on one thing: @PRIMED_REASON@. When\n" \
          "that fails, neither is left, and nothing can be moved.\n" \
          "\n" \
          "Where it matters, take an adapter of another card, in a slot of another root\n" \
          "port, and cable it to another switch. `primectl status @PRIMED_PAIR@` shows\n" \
          "what they share; nothing else changes, and the pair is guarded as before.\n") \
        X(HELD, "held", "dde9ca82d1bb444d9f2786ae69ab03a9", LOG_NOTICE, \
          "Automatic switching is on hold", \
          "primed will not move traffic of pair @PRIMED_PAIR@ by itself: @PRIMED_REASON@.\n" \
          "It goes on watching and priming, and orders such as\n" \
          "`primectl switch @PRIMED_PAIR@` still work.\n" \
          "\n" \
          "`primectl release @PRIMED_PAIR@` ends the hold,\n" \
          "`primectl status @PRIMED_PAIR@` shows how long it lasts.\n") \
        X(RELEASED, "released", "4bd764ea75b0426d84ca38b40e43b6a1", LOG_NOTICE, \
          "Automatic switching was resumed", \
          "The hold on pair @PRIMED_PAIR@ has ended: @PRIMED_REASON@. primed moves its\n" \
          "traffic by itself again when there is evidence; evidence that came up\n" \
          "meanwhile counts from now on.\n") \
        X(STATE_CHANGED, "state-changed", "3fb7a9e8449b4dff91b5fa5de4bb23fb", LOG_DEBUG, \
          "The state of a pair changed", \
          "Pair @PRIMED_PAIR@ went from state @PRIMED_OLD_STATE@ to @PRIMED_STATE@. This\n" \
          "is for following in detail what primed does; changes that matter have messages\n" \
          "of their own. primed(8) explains the states.\n") \
        X(RESUMED, "resumed", "42f31367300347c4a02c70bc42e855ff", LOG_NOTICE, \
          "A pair was taken up as a former run left it", \
          "primed has found pair @PRIMED_PAIR@ in the middle of something when it\n" \
          "started, and has continued or undone it: @PRIMED_REASON@. Traffic went on\n" \
          "flowing meanwhile.\n" \
          "\n" \
          "If nobody restarted primed on purpose, `journalctl -u primed -b` shows how the\n" \
          "former run ended; `coredumpctl info primed` when it crashed.\n") \
        X(IDENTITY_MOVED, "identity-moved", "e0187e5a350f44d786e1890c36601165", LOG_WARNING, \
          "The addresses of an adapter that is gone were put on its standby", \
          "The device of @INTERFACE@, the primary of pair @PRIMED_PAIR@, was removed, and\n" \
          "with it went its addresses, routes and VLANs. They are on the standby now, and\n" \
          "the network was told: @PRIMED_REASON@.\n" \
          "\n" \
          "There is no spare until the device is back; `journalctl -k -g @INTERFACE@` says\n" \
          "why it went. When it is back, the addresses return as the policy's `failback`\n" \
          "says, or by `primectl revert @PRIMED_PAIR@`. Before an adapter is removed on\n" \
          "purpose, set it down, or `primectl hold @PRIMED_PAIR@`.\n") \
        X(IDENTITY_WAITS, "identity-waits", "c77093eb65144b20a1ad9e10d0a89f71", LOG_NOTICE, \
          "An adapter whose addresses are on its standby is back", \
          "The device of @INTERFACE@, the primary of pair @PRIMED_PAIR@, exists again:\n" \
          "@PRIMED_REASON@. Until then it has the standby's own MAC address, so that the\n" \
          "two do not speak under one.\n" \
          "\n" \
          "`primectl revert @PRIMED_PAIR@` gives it its addresses back at once, which\n" \
          "costs some milliseconds of traffic. When somebody else gives it addresses,\n" \
          "those on the standby are removed.\n") \
        X(IDENTITY_RETURNED, "identity-returned", "e3d22ec2ebb54178b14031ef77ffc2ca", LOG_NOTICE, \
          "An adapter has its addresses back", \
          "@INTERFACE@, the primary of pair @PRIMED_PAIR@, carries the traffic again:\n" \
          "@PRIMED_REASON@. What an administrator has added on the standby meanwhile was\n" \
          "left there, and stands in the way of guarding the pair until it is removed.\n" \
          "\n" \
          "`primectl status @PRIMED_PAIR@` must say protected soon.\n") \
        X(IDENTITY_STAYS, "identity-stays", "0307a3b4bfe240d3b7b2b74bd9f0b029", LOG_NOTICE, \
          "An adapter was removed on purpose", \
          "@INTERFACE@, the primary of pair @PRIMED_PAIR@, was removed:\n" \
          "@PRIMED_REASON@.\n" \
          "\n" \
          "If that was not intended, put the addresses on the standby by hand. The pair is\n" \
          "taken up again when the adapter is back.\n")

/* X(field, meaning): the fields of an event beside MESSAGE, MESSAGE_ID and PRIORITY. */
#define EVENT_FIELD_TABLE(X) \
        X("PRIMED_PAIR", "name of the pair") \
        X("PRIMED_ADAPTER", "the adapter it is about, the same as INTERFACE") \
        X("INTERFACE", "the adapter it is about, as networkd and udev name the field") \
        X("PRIMED_EVENT", "kind of the event, as in the table") \
        X("PRIMED_FROM", "adapter that carried the traffic before") \
        X("PRIMED_TO", "adapter that carries it after") \
        X("PRIMED_OLD_STATE", "state of the pair before") \
        X("PRIMED_STATE", "and after") \
        X("PRIMED_TRIGGER", "what caused a move") \
        X("PRIMED_REASON", "why, for people") \
        X("PRIMED_SWITCH_ID", "number of the move, per pair") \
        X("PRIMED_DURATION_USEC", "how long it took") \
        X("PRIMED_LOST", "probes lost by a move") \
        X("PRIMED_LOST_USEC", "how long nothing arrived") \
        X("PRIMED_RISK", "probability of failure within the hour, 0 to 1") \
        X("PRIMED_SIGNAL", "health signal, as in the policy") \
        X("PRIMED_LEVEL", "evidence level") \
        X("PRIMED_VALUE", "reading that became evidence") \
        X("PRIMED_THRESHOLD", "what it crossed") \
        X("PRIMED_FILE", "policy file") \
        X("PRIMED_LINE", "line in it") \
        X("PRIMED_VERSION", "version of primed")
/* clang-format on */
