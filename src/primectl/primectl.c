/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* primectl: asks primed, and tells it. A client of the bus and nothing else, so that all it shows and does can
 * also be had by any other program. */

#include <getopt.h>
#include <locale.h>
#include <stdio.h>

#include "alloc-util.h"
#include "string-table.h"
#include "term.h"
#include "verbs.h"

/* Options that only some verbs know; given to another verb they are a mistake worth saying. */
enum {
        TAKES_REASON = 1 << 0,
        TAKES_FORCE = 1 << 1,
        TAKES_DRY_RUN = 1 << 2,
        TAKES_REVERT_AFTER = 1 << 3,
        TAKES_FOR = 1 << 4,
        TAKES_PRIME = 1 << 5,
        TAKES_STATE = 1 << 6,
        TAKES_PROPERTY = 1 << 7,
        TAKES_ALL = 1 << 8,
        TAKES_DETAILED_EXITCODE = 1 << 9,
        TAKES_POLICY = 1 << 10,
        TAKES_SVG = 1 << 11,
        TAKES_KEEP = 1 << 12,
        OFFLINE = 1 << 13, /* needs no daemon */
};

typedef struct Verb {
        const char *name;
        int min_arguments, max_arguments;
        unsigned takes;
        int (*func)(Ctl *c, int argc, char *argv[]);
        const char *synopsis, *help;
} Verb;

/* Macros, since clang-format 14 pads rows in braces beyond reading. */
#define V(name, min, max, takes, func, synopsis, help)                                                         \
        { name, min, max, takes, func, synopsis, help }

static const Verb verbs[] = {
        V("list", 0, 0, 0, verb_list, "", "List the pairs (default)"),
        V("status", 0, 1, 0, verb_status, "[PAIR|ADAPTER]", "Show one pair, or all, with the evidence"),
        V("adapters", 0, 0, 0, verb_adapters, "", "List the guarded adapters"),
        V("module", 0, 1, 0, verb_module, "[ADAPTER]", "Show optical modules: values, limits, verdicts"),
        V("show", 0, 1, TAKES_PROPERTY, verb_show, "[PAIR|ADAPTER]", "Show properties as NAME=VALUE"),
        V("is-protected", 0, 1, 0, verb_is_protected, "[PAIR]", "Exit 0 if protected, 1 if not"),
        V("wait", 1, 1, TAKES_STATE, verb_wait, "PAIR", "Wait until the pair is in --state="),
        V("watch", 0, 1, 0, verb_watch, "[PAIR]", "Follow the pairs on the whole screen"),
        V("monitor", 0, 1, 0, verb_monitor, "[PAIR]", "Print events as they happen"),
        V("history", 0, 1, 0, verb_history, "[PAIR]", "List past moves of traffic"),
        V("explain", 1, 2, 0, verb_explain, "PAIR|ID [ID]", "Say why, for a pair or one move"),
        V("plan", 1, 1, TAKES_ALL | TAKES_DETAILED_EXITCODE, verb_plan, "PAIR", "Show what priming would do"),
        V("diff", 1, 1, TAKES_ALL | TAKES_DETAILED_EXITCODE, verb_diff, "PAIR",
                        "Show where the adapters differ"),
        V("prime", 1, 1, 0, verb_prime, "PAIR", "Configure the spare like the serving adapter"),
        V("snapshot", 1, 2, 0, verb_snapshot, "ADAPTER [FILE]", "Keep an adapter's configuration"),
        V("restore", 1, 2, TAKES_DRY_RUN | TAKES_FORCE, verb_restore, "FILE [ADAPTER]",
                        "Put an adapter back that carries no traffic"),
        V("probe", 1, 1, 0, verb_probe, "PAIR", "Prove both paths now"),
        V("split", 1, 1, TAKES_REASON | TAKES_FORCE | TAKES_DRY_RUN, verb_split, "PAIR",
                        "Move ingress to the spare, leave egress"),
        V("switch", 1, 2, TAKES_REASON | TAKES_FORCE | TAKES_DRY_RUN | TAKES_REVERT_AFTER, verb_switch,
                        "PAIR [ADAPTER]", "Move all traffic to the spare, or to ADAPTER"),
        V("confirm", 1, 1, 0, verb_confirm, "PAIR", "Keep a switch made with --revert-after="),
        V("revert", 1, 1, TAKES_PRIME, verb_revert, "PAIR", "Undo a split or the last switch, or the priming"),
        V("drill", 1, 1, TAKES_REASON | TAKES_FORCE, verb_drill, "PAIR",
                        "Switch there and back, count what is lost"),
        V("hold", 1, 1, TAKES_REASON | TAKES_FOR, verb_hold, "PAIR", "Forbid automatic moves"),
        V("release", 1, 1, 0, verb_release, "PAIR", "Allow them again"),
        V("reset", 1, 1, 0, verb_reset, "PAIR", "Forget failed attempts and the spent budget"),
        V("inject", 3, 3, TAKES_FOR, verb_inject, "ADAPTER SIGNAL warn|alarm", "Raise a signal, for a drill"),
        V("record", 1, 2, TAKES_FOR | TAKES_KEEP, verb_record, "PAIR [FILE]",
                        "Keep what is sampled as a trace"),
        V("replay", 1, -1, OFFLINE | TAKES_POLICY | TAKES_SVG, verb_replay, "TRACE...",
                        "Say what would be done with a trace"),
        V("check", 1, -1, OFFLINE, verb_check, "FILE...", "Check policy files, without the daemon"),
        V("cat", 0, 1, 0, verb_cat, "[PAIR]", "Print the policy in force, with its source"),
        V("reload", 0, 0, 0, verb_reload, "", "Load the policy files again"),
        V("metrics", 0, 0, 0, verb_metrics, "", "Print metrics for Prometheus"),
};

#undef V

enum {
        ARG_VERSION = 0x100,
        ARG_JSON,
        ARG_NO_LEGEND,
        ARG_NO_PAGER,
        ARG_TIMEOUT,
        ARG_REASON,
        ARG_FORCE,
        ARG_DRY_RUN,
        ARG_REVERT_AFTER,
        ARG_FOR,
        ARG_PRIME,
        ARG_ALL,
        ARG_DETAILED_EXITCODE,
        ARG_STATE,
        ARG_POLICY,
        ARG_SVG,
        ARG_KEEP,
};

#define FLAG(name, value)                                                                                      \
        { name, no_argument, NULL, value }
#define OPTION(name, value)                                                                                    \
        { name, required_argument, NULL, value }

static const struct option options[] = {
        FLAG("help", 'h'),
        FLAG("version", ARG_VERSION),
        OPTION("json", ARG_JSON),
        FLAG("no-legend", ARG_NO_LEGEND),
        FLAG("no-pager", ARG_NO_PAGER),
        FLAG("quiet", 'q'),
        OPTION("host", 'H'),
        OPTION("machine", 'M'),
        OPTION("property", 'p'),
        OPTION("timeout", ARG_TIMEOUT),
        OPTION("reason", ARG_REASON),
        FLAG("force", ARG_FORCE),
        FLAG("dry-run", ARG_DRY_RUN),
        OPTION("revert-after", ARG_REVERT_AFTER),
        OPTION("for", ARG_FOR),
        FLAG("prime", ARG_PRIME),
        FLAG("all", ARG_ALL),
        FLAG("detailed-exitcode", ARG_DETAILED_EXITCODE),
        OPTION("state", ARG_STATE),
        OPTION("policy", ARG_POLICY),
        OPTION("svg", ARG_SVG),
        OPTION("keep", ARG_KEEP),
        FLAG(NULL, 0),
};

#undef FLAG
#undef OPTION

static int help(void) {
        printf("primectl [OPTION...] [VERB] [ARGUMENT...]\n\n"
               "%sWatch and move the traffic of adapter pairs guarded by primed.%s\n\nVerbs:\n",
                        term_colour(TERM_BOLD), term_colour(TERM_PLAIN));
        for (size_t i = 0; i < ELEMENTSOF(verbs); i++) {
                char left[64];

                snprintf(left, sizeof(left), "%s %s", verbs[i].name, verbs[i].synopsis);
                printf("  %-32s %s\n", left, verbs[i].help);
        }
        fputs("\nOptions:\n"
              "  -h --help                        Show this help\n"
              "     --version                     Show the version\n"
              "     --json=short|pretty|off       Print JSON\n"
              "     --no-legend                   Print no headings and no summary\n"
              "     --no-pager                    Accepted; there is no pager\n"
              "  -q --quiet                       Say nothing, also no errors\n"
              "  -H --host=[USER@]HOST            Ask another host, over ssh\n"
              "  -M --machine=CONTAINER           Ask a local container\n"
              "  -p --property=NAME[,NAME...]     Only these properties (show)\n"
              "     --timeout=TIME                How long to wait for the daemon\n"
              "     --reason=TEXT                 Why (split, switch, drill, hold)\n"
              "     --force                       Also to a spare that is not proved (split, switch, drill), "
              "or\n"
              "                                   from another driver (restore)\n"
              "     --dry-run                     Say whether it would be done (split, switch), or what "
              "(restore)\n"
              "     --revert-after=TIME           Go back unless confirmed within (switch)\n"
              "     --for=TIME                    How long (hold, inject, record)\n"
              "     --prime                       Give the spare its former configuration back (revert)\n"
              "     --all                         Also what is equal (plan, diff)\n"
              "     --detailed-exitcode           Exit with 2 if there is something to do (plan, diff)\n"
              "     --state=STATE                 What to wait for: protected, primed, split, ... (wait)\n"
              "     --policy=FILE                 The policy to follow (replay)\n"
              "     --svg=FILE                    Also draw a picture (replay)\n"
              "     --keep=N                      How many files of 16 MiB at most (record)\n"
              "\nTimes need a unit: 250ms, 5s, 10min, 1h. Exit status: 0 success, 1 failure, 2 usage,\n"
              "3 timeout, 4 refused, 5 move failed or reverted, 6 not authorized, 8 primed is not running,\n"
              "10 no such pair. See primectl(1).\n",
                        stdout);
        return EXIT_OK;
}

static int parse_time(Ctl *c, const char *option, const char *text, usec_t *ret) {
        int r = timespan_parse(text, ret);

        if (r == -ENOMSG)
                return ctl_fail(c, EXIT_USAGE, "--%s=%s: unit missing, %ss?", option, text, text);
        if (r < 0 || *ret == 0)
                return ctl_fail(c, EXIT_USAGE, "--%s=%s: not a time like 250ms, 5s, 10min or 1h", option, text);
        return 0;
}

static int parse_json(Ctl *c, const char *text) {
        static const char *const modes[] = {
                [JSON_OFF] = "off", [JSON_SHORT] = "short", [JSON_PRETTY] = "pretty"
        };
        int mode = string_table_lookup(modes, ELEMENTSOF(modes), text);

        if (mode < 0)
                return ctl_fail(c, EXIT_USAGE, "--json=%s: short, pretty or off, please", text);
        c->json = (JsonMode) mode;
        return 0;
}

/* Options that only set a member of Ctl. */
typedef struct OptionRow {
        int option;
        unsigned takes; /* what a verb has to take for it; 0: all do */
        enum {
                MEMBER_FLAG,
                MEMBER_TEXT,
                MEMBER_TIME,
        } type;
        size_t member;
} OptionRow;

#define ROW(option, takes, type, member)                                                                       \
        { option, takes, type, offsetof(Ctl, member) }

static const OptionRow option_rows[] = {
        ROW('q', 0, MEMBER_FLAG, quiet),
        ROW('H', 0, MEMBER_TEXT, host),
        ROW('M', 0, MEMBER_TEXT, machine),
        ROW(ARG_TIMEOUT, 0, MEMBER_TIME, timeout),
        ROW(ARG_REASON, TAKES_REASON, MEMBER_TEXT, reason),
        ROW(ARG_FORCE, TAKES_FORCE, MEMBER_FLAG, force),
        ROW(ARG_DRY_RUN, TAKES_DRY_RUN, MEMBER_FLAG, dry_run),
        ROW(ARG_REVERT_AFTER, TAKES_REVERT_AFTER, MEMBER_TIME, revert_after),
        ROW(ARG_FOR, TAKES_FOR, MEMBER_TIME, duration),
        ROW(ARG_PRIME, TAKES_PRIME, MEMBER_FLAG, prime),
        ROW(ARG_STATE, TAKES_STATE, MEMBER_TEXT, state),
        ROW('p', TAKES_PROPERTY, MEMBER_TEXT, property),
        ROW(ARG_ALL, TAKES_ALL, MEMBER_FLAG, all),
        ROW(ARG_DETAILED_EXITCODE, TAKES_DETAILED_EXITCODE, MEMBER_FLAG, detailed_exitcode),
        ROW(ARG_POLICY, TAKES_POLICY, MEMBER_TEXT, policy),
        ROW(ARG_SVG, TAKES_SVG, MEMBER_TEXT, svg),
        ROW(ARG_KEEP, TAKES_KEEP, MEMBER_TEXT, keep),
};

#undef ROW

static const char *option_name(int option) {
        for (const struct option *o = options; o->name; o++)
                if (o->val == option)
                        return o->name;
        return "?";
}

static int option_set(Ctl *c, const OptionRow *row) {
        void *member = (char *) c + row->member;

        switch (row->type) {
        case MEMBER_FLAG:
                *(bool *) member = true;
                break;
        case MEMBER_TEXT:
                *(const char **) member = optarg;
                break;
        case MEMBER_TIME:
                return parse_time(c, option_name(row->option), optarg, member);
        }
        return 0;
}

/* 0 go on, < 0 done, > 0 exit code. */
static int parse_option(Ctl *c, int option, unsigned *given) {
        for (size_t i = 0; i < ELEMENTSOF(option_rows); i++)
                if (option_rows[i].option == option) {
                        *given |= option_rows[i].takes;
                        return option_set(c, option_rows + i);
                }
        switch (option) {
        case 'h':
                help();
                return -1;
        case ARG_VERSION:
                puts("primectl " PRIMED_VERSION);
                return -1;
        case ARG_JSON:
                return parse_json(c, optarg);
        case ARG_NO_LEGEND:
                c->legend = false;
                return 0;
        case ARG_NO_PAGER:
                return 0;
        default: /* getopt_long() has said what is wrong */
                return EXIT_USAGE;
        }
}

static const char *first_option(unsigned mask) {
        for (size_t i = 0; i < ELEMENTSOF(option_rows); i++)
                if (option_rows[i].takes & mask)
                        return option_name(option_rows[i].option);
        return "?";
}

static const Verb *verb_find(const char *name) {
        for (size_t i = 0; i < ELEMENTSOF(verbs); i++)
                if (streq(verbs[i].name, name))
                        return &verbs[i];
        return NULL;
}

static int run(Ctl *c, unsigned given, int argc, char *argv[]) {
        const char *name = argc > 0 ? argv[0] : "list";
        const Verb *v = verb_find(name);
        int n = MAX(argc - 1, 0), r;

        if (!v)
                return ctl_fail(c, EXIT_USAGE, "unknown verb '%s'; see primectl --help", name);
        if (n < v->min_arguments || (v->max_arguments >= 0 && n > v->max_arguments))
                return ctl_fail(c, EXIT_USAGE, "usage: primectl %s %s", v->name, v->synopsis);
        if (given & ~v->takes)
                return ctl_fail(c, EXIT_USAGE, "%s: --%s means nothing here", v->name,
                                first_option(given & ~v->takes));
        if (!(v->takes & OFFLINE)) {
                r = ctl_connect(c);
                if (r != 0)
                        return r;
        }
        return v->func(c, n, argv + 1);
}

int main(int argc, char *argv[]) {
        _cleanup_(ctl_done) Ctl c = { .legend = true };
        unsigned given = 0;
        int option, r;

        setlocale(LC_CTYPE, ""); /* not numbers: what is printed is also read by programs */
        term_init();
        while ((option = getopt_long(argc, argv, "hqH:M:p:", options, NULL)) >= 0) {
                r = parse_option(&c, option, &given);
                if (r != 0)
                        return r < 0 ? EXIT_OK : r;
        }
        if (c.host && c.machine)
                return ctl_fail(&c, EXIT_USAGE, "--host= and --machine= exclude each other");
        r = run(&c, given, argc - optind, argv + optind);
        if (fflush(stdout) != 0 && r == EXIT_OK)
                r = ctl_fail(&c, EXIT_FAILED, "cannot write: %s", strerror(errno));
        return r;
}
