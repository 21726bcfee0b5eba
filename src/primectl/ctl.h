/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What every verb needs: the options, the connection, and one way to fail: a clear line on stderr and an exit
 * code a script can act on. Verbs return an exit code; functions that return int here return one too, 0 being
 * success, so that a verb can hand it on. */

#include <systemd/sd-bus.h>

#include "json-util.h"
#include "time-util.h"

typedef enum ExitCode {
        EXIT_OK = 0,
        EXIT_FAILED = 1,
        EXIT_USAGE = 2,
        EXIT_TIMEOUT = 3,
        EXIT_REFUSED = 4, /* not ready, held, inhibited, busy, conflict, already so */
        EXIT_MOVE_FAILED = 5,
        EXIT_NOT_AUTHORIZED = 6,
        EXIT_NOT_RUNNING = 8,
        EXIT_NO_SUCH_PAIR = 10,
} ExitCode;

typedef enum JsonMode {
        JSON_OFF,
        JSON_SHORT,
        JSON_PRETTY,
} JsonMode;

typedef struct Ctl {
        JsonMode json;
        bool legend;
        bool quiet;
        bool force, dry_run, prime, all, detailed_exitcode;
        const char *reason;
        const char *state;
        const char *property;
        const char *policy, *svg; /* files */
        const char *keep;
        const char *host, *machine;
        usec_t timeout;      /* 0: the verb's own */
        usec_t duration;     /* --for=; 0: not given */
        usec_t revert_after; /* 0: not given */
        sd_bus *bus;
} Ctl;

#define CTL_BUS_NAME     "org.primed.Primed1"
#define CTL_ROOT         "/org/primed/Primed1"
#define CTL_INTERFACE(x) "org.primed.Primed1." x

/* How long a question may take; moves and priming have their own, longer time. */
#define CTL_TIMEOUT       (25 * USEC_PER_SEC)
#define CTL_MOVE_TIMEOUT  (5 * USEC_PER_MINUTE)
#define CTL_PRIME_TIMEOUT (2 * USEC_PER_MINUTE)

int ctl_connect(Ctl *c);
void ctl_done(Ctl *c);

/* "primectl: <text>" on stderr, unless --quiet; returns code. */
int ctl_fail(const Ctl *c, int code, const char *format, ...) _printf_(3, 4);

/* The exit code an error on the bus becomes; r is the negative errno of the call. */
int ctl_exit_code(const sd_bus_error *e, int r);

/* Says what a failed call said. */
int ctl_bus_fail(const Ctl *c, const sd_bus_error *e, int r);

/* An empty call of a method of the pair at path, or with path NULL of the manager. */
int ctl_message(Ctl *c, const char *path, const char *member, sd_bus_message **ret);

/* Sends it and waits at most --timeout, else timeout. reply may be NULL. */
int ctl_send(Ctl *c, sd_bus_message *m, usec_t timeout, sd_bus_message **ret_reply);

/* The object path of the pair with that name, or one of whose adapters has that name; to be freed. */
int ctl_find_pair(Ctl *c, const char *name, char **ret_path);

/* The JSON object that an answer is as a string; complains when it is none. */
int ctl_read_json(const Ctl *c, sd_bus_message *reply, const char *complaint, json_object **ret);

/* Describe() of the manager (path NULL), a pair or an adapter. */
int ctl_describe(Ctl *c, const char *path, json_object **ret);

/* An array of what Describe() tells of the adapters of all pairs. */
int ctl_describe_adapters(Ctl *c, json_object **ret);

/* Prints o if --json is on; true if it did. */
bool ctl_print_json(const Ctl *c, json_object *o);
