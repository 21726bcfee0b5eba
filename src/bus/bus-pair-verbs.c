/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bus-pair-verbs.h"
#include "bus-arguments.h"
#include "bus-call.h"
#include "bus-polkit.h"
#include "bus-reply.h"

#define REVERT_AFTER_MIN USEC_PER_SEC
#define REVERT_AFTER_MAX USEC_PER_DAY
#define HOLD_MIN         USEC_PER_SEC
#define HOLD_MAX         (366 * USEC_PER_DAY)
#define INJECT_MIN       USEC_PER_MSEC
#define INJECT_MAX       USEC_PER_DAY

static const BusOption switch_options[] = {
        BUS_OPTION_TEXT("reason", BusCall, request.reason),
        BUS_OPTION_FLAG("force", BusCall, request.force),
        BUS_OPTION_FLAG("dry-run", BusCall, request.dry_run),
        BUS_OPTION_TIME("revert-after-usec", BusCall, request.revert_after, REVERT_AFTER_MIN, REVERT_AFTER_MAX),
};
/* Split knows all but the last, Drill only the first two. */
#define SPLIT_OPTIONS (ELEMENTSOF(switch_options) - 1)
#define DRILL_OPTIONS 2

/* A pair that has gone before its turn came answers with an error too, so this is called once for each. */
static void on_answer(Pair *p, const PairReply *reply, const Error *e, void *userdata) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        BusCall *c = userdata;
        Error failure = {};
        int r;

        if (!c->bus) { /* the bus layer was taken down meanwhile */
                bus_call_free(c);
                return;
        }
        if (e) {
                bus_call_fail_error(c, e);
                return;
        }
        r = bus_reply_new(c, p, reply, &m);
        if (r >= 0) {
                bus_call_reply(c, m);
                return;
        }
        error_errno(&failure, r, "it was done, but the answer cannot be put into words");
        bus_call_fail_error(c, &failure);
}

int bus_pair_run_request(BusCall *c, Pair *p, Error *e) {
        return pair_request(p, &c->request, on_answer, c, e);
}

/* Methods whose whole argument is options. */
static int start_request(sd_bus_message *m, BusPair *p, PairVerb verb, const char *action,
                const BusOption *options, size_t n, sd_bus_error *error) {
        _cleanup_(bus_call_freep) BusCall *c = NULL;
        int r;

        r = bus_call_new(p->bus, m, action, bus_pair_run_request, pair_name(p->pair), &c, error);
        if (r < 0)
                return r;
        c->request.verb = verb;
        r = bus_read_options(m, options, n, c, error);
        return r < 0 ? r : bus_authorize(TAKE_PTR(c));
}

int bus_pair_method_switch(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        _cleanup_(bus_call_freep) BusCall *c = NULL;
        BusPair *p = userdata;
        const char *target;
        int r;

        r = bus_call_new(p->bus, m, "switch", bus_pair_run_request, pair_name(p->pair), &c, error);
        if (r < 0)
                return r;
        c->request.verb = PAIR_VERB_SWITCH;
        r = sd_bus_message_read(m, "s", &target);
        if (r >= 0 && *target)
                r = bus_copy_name("target", target, c->request.target, sizeof(c->request.target), error);
        if (r >= 0)
                r = bus_read_options(m, switch_options, ELEMENTSOF(switch_options), c, error);
        return r < 0 ? r : bus_authorize(TAKE_PTR(c));
}

int bus_pair_method_split(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        return start_request(m, userdata, PAIR_VERB_SPLIT, "switch", switch_options, SPLIT_OPTIONS, error);
}

int bus_pair_method_drill(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        return start_request(m, userdata, PAIR_VERB_DRILL, "switch", switch_options, DRILL_OPTIONS, error);
}

int bus_pair_method_prime(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        return start_request(m, userdata, PAIR_VERB_PRIME, "prime", NULL, 0, error);
}

int bus_pair_method_unprime(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        return start_request(m, userdata, PAIR_VERB_UNPRIME, "prime", NULL, 0, error);
}

int bus_pair_method_probe(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        return start_request(m, userdata, PAIR_VERB_PROBE, "prime", NULL, 0, error);
}

/* Reads the kernel's settings, writes nothing, and is open to all; bounded like the others. */
int bus_pair_method_plan(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        _cleanup_(bus_call_freep) BusCall *c = NULL;
        BusPair *p = userdata;
        int r;

        r = bus_call_new(p->bus, m, "prime", bus_pair_run_request, pair_name(p->pair), &c, error);
        if (r < 0)
                return r;
        c->request.verb = PAIR_VERB_PLAN;
        r = bus_read_options(m, NULL, 0, c, error);
        if (r < 0)
                return r;
        bus_call_run(TAKE_PTR(c));
        return 1;
}

int bus_pair_method_revert(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        _cleanup_(bus_call_freep) BusCall *c = NULL;
        BusPair *p = userdata;
        int r;

        r = bus_call_new(p->bus, m, "switch", bus_pair_run_request, pair_name(p->pair), &c, error);
        if (r < 0)
                return r;
        c->request.verb = PAIR_VERB_REVERT;
        return bus_authorize(TAKE_PTR(c));
}

/* What is done at once, and answered with nothing. */
static int answer_done(BusCall *c, int r) {
        if (r < 0)
                return r;
        bus_call_reply(c, NULL);
        return 0;
}

static int run_confirm(BusCall *c, Pair *p, Error *e) {
        return answer_done(c, pair_confirm(p, e));
}

static int run_release(BusCall *c, Pair *p, Error *e) {
        return answer_done(c, pair_release(p, e));
}

static int run_reset(BusCall *c, Pair *p, Error *e) {
        return answer_done(c, pair_reset(p, e));
}

static int run_hold(BusCall *c, Pair *p, Error *e) {
        return answer_done(c, pair_hold(p, c->duration, c->request.reason, e));
}

static int run_inject(BusCall *c, Pair *p, Error *e) {
        return answer_done(c, pair_inject_evidence(p, c->request.target, c->signal, c->level, c->duration, e));
}

static int start_plain(
                sd_bus_message *m, BusPair *p, const char *action, BusCallFunc run, sd_bus_error *error) {
        BusCall *c;
        int r;

        r = bus_call_new(p->bus, m, action, run, pair_name(p->pair), &c, error);
        return r < 0 ? r : bus_authorize(c);
}

int bus_pair_method_confirm(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        return start_plain(m, userdata, "switch", run_confirm, error);
}

int bus_pair_method_release(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        return start_plain(m, userdata, "hold", run_release, error);
}

int bus_pair_method_reset(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        return start_plain(m, userdata, "reset", run_reset, error);
}

int bus_pair_method_hold(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        _cleanup_(bus_call_freep) BusCall *c = NULL;
        BusPair *p = userdata;
        const char *reason;
        int r;

        r = bus_call_new(p->bus, m, "hold", run_hold, pair_name(p->pair), &c, error);
        if (r < 0)
                return r;
        r = sd_bus_message_read(m, "ts", &c->duration, &reason);
        if (r >= 0 && c->duration != USEC_INFINITY)
                r = bus_check_time("duration_usec", c->duration, HOLD_MIN, HOLD_MAX, error);
        if (r >= 0)
                r = bus_copy_text("reason", reason, c->request.reason, sizeof(c->request.reason), error);
        return r < 0 ? r : bus_authorize(TAKE_PTR(c));
}

int bus_pair_method_inject(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        _cleanup_(bus_call_freep) BusCall *c = NULL;
        BusPair *p = userdata;
        const char *adapter, *signal, *level;
        int r;

        r = bus_call_new(p->bus, m, "inject", run_inject, pair_name(p->pair), &c, error);
        if (r < 0)
                return r;
        r = sd_bus_message_read(m, "ssst", &adapter, &signal, &level, &c->duration);
        if (r >= 0)
                r = bus_copy_name("adapter", adapter, c->request.target, sizeof(c->request.target), error);
        if (r >= 0)
                r = bus_check_time("duration_usec", c->duration, INJECT_MIN, INJECT_MAX, error);
        if (r < 0)
                return r;
        c->signal = signal_from_string(signal);
        if ((int) c->signal < 0)
                return sd_bus_error_setf(
                                error, SD_BUS_ERROR_INVALID_ARGS, "no signal is called '%.64s'", signal);
        c->level = evidence_level_from_string(level);
        if ((int) c->level <= EVIDENCE_NONE)
                return sd_bus_error_setf(
                                error, SD_BUS_ERROR_INVALID_ARGS, "level '%.64s': warn or alarm", level);
        return bus_authorize(TAKE_PTR(c));
}
