/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "journal.h"
#include "primed-options.h"

static int help(FILE *f) {
        fputs("primed [OPTION...]\n\n"
              "Guard pairs of network adapters: watch, prime the spare, move traffic before one fails.\n\n"
              "  -h --help             Show this help\n"
              "     --version          Show the version\n"
              "     --policy-dir=DIR   Read policies from here, not from the standard directories "
              "(repeatable)\n"
              "     --bpf-dir=DIR      Pin programs and maps here (" BPF_DIRECTORY ")\n"
              "     --state-dir=DIR    Keep what survives a restart here (" STATE_DIRECTORY ")\n"
              "     --replay=FILE      Play a trace of readings in place of what the kernel lacks\n"
              "     --log-level=LEVEL  emerg, alert, crit, err, warning, notice, info, debug\n",
                        f);
        return f == stdout ? -1 : EXIT_FAILURE;
}

int primed_options_parse(int argc, char *argv[], PrimedOptions *o) {
        enum { ARG_VERSION = 0x100, ARG_POLICY, ARG_BPF, ARG_STATE, ARG_REPLAY, ARG_LEVEL };
        static const struct option options[] = {
                { "help", no_argument, NULL, 'h' },
                { "version", no_argument, NULL, ARG_VERSION },
                { "policy-dir", required_argument, NULL, ARG_POLICY },
                { "bpf-dir", required_argument, NULL, ARG_BPF },
                { "state-dir", required_argument, NULL, ARG_STATE },
                { "replay", required_argument, NULL, ARG_REPLAY },
                { "log-level", required_argument, NULL, ARG_LEVEL },
                { NULL, 0, NULL, 0 },
        };
        int option;

        *o = (PrimedOptions){ .manager = { .bpf_directory = BPF_DIRECTORY,
                                              .state_directory = STATE_DIRECTORY,
                                              /* of the service manager (systemd.exec(5)) */
                                              .memory_directory = getenv("STATE_DIRECTORY") } };
        while ((option = getopt_long(argc, argv, "h", options, NULL)) >= 0) {
                if (option == 'h')
                        return help(stdout);
                else if (option == ARG_VERSION)
                        return puts("primed " PRIMED_VERSION), -1;
                else if (option == ARG_POLICY && o->n_directories < POLICY_DIRECTORIES_MAX)
                        o->directories[o->n_directories++] = optarg;
                else if (option == ARG_BPF)
                        o->manager.bpf_directory = optarg;
                else if (option == ARG_STATE)
                        o->manager.state_directory = optarg;
                else if (option == ARG_REPLAY)
                        o->manager.replay = optarg;
                else if (option == ARG_LEVEL && journal_level_from_string(optarg) >= 0)
                        journal_set_max_level(journal_level_from_string(optarg));
                else
                        return help(stderr);
        }
        if (o->n_directories > 0)
                o->manager.policy_directories = o->directories;
        return optind < argc ? help(stderr) : 0;
}
