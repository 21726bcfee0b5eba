/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The verbs, as primectl.c's table calls them: arguments without the verb itself, counted by the table; they
 * return an exit code. */

#include "ctl.h"

/* verbs-status.c */
int verb_list(Ctl *c, int argc, char *argv[]);
int verb_status(Ctl *c, int argc, char *argv[]);
int verb_adapters(Ctl *c, int argc, char *argv[]);
int verb_show(Ctl *c, int argc, char *argv[]);
int verb_is_protected(Ctl *c, int argc, char *argv[]);

/* verbs-history.c */
int verb_history(Ctl *c, int argc, char *argv[]);
int verb_explain(Ctl *c, int argc, char *argv[]);

/* verbs-prime.c */
int verb_plan(Ctl *c, int argc, char *argv[]);
int verb_diff(Ctl *c, int argc, char *argv[]);
int verb_prime(Ctl *c, int argc, char *argv[]);
/* revert --prime */
int verb_unprime(Ctl *c, const char *name);

/* verbs-snapshot.c */
int verb_snapshot(Ctl *c, int argc, char *argv[]);
int verb_restore(Ctl *c, int argc, char *argv[]);

/* verbs-move.c */
int verb_probe(Ctl *c, int argc, char *argv[]);
int verb_split(Ctl *c, int argc, char *argv[]);
int verb_switch(Ctl *c, int argc, char *argv[]);
int verb_confirm(Ctl *c, int argc, char *argv[]);
int verb_revert(Ctl *c, int argc, char *argv[]);
int verb_drill(Ctl *c, int argc, char *argv[]);
int verb_hold(Ctl *c, int argc, char *argv[]);
int verb_release(Ctl *c, int argc, char *argv[]);
int verb_reset(Ctl *c, int argc, char *argv[]);
int verb_inject(Ctl *c, int argc, char *argv[]);

/* verbs-watch.c */
int verb_watch(Ctl *c, int argc, char *argv[]);
int verb_monitor(Ctl *c, int argc, char *argv[]);
int verb_wait(Ctl *c, int argc, char *argv[]);

/* verbs-record.c */
int verb_record(Ctl *c, int argc, char *argv[]);

/* verbs-replay.c */
int verb_replay(Ctl *c, int argc, char *argv[]);

/* verbs-policy.c */
int verb_check(Ctl *c, int argc, char *argv[]);
int verb_cat(Ctl *c, int argc, char *argv[]);
int verb_reload(Ctl *c, int argc, char *argv[]);

/* verbs-module.c */
int verb_module(Ctl *c, int argc, char *argv[]);

/* verbs-metrics.c */
int verb_metrics(Ctl *c, int argc, char *argv[]);
