/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What goes with the device of a guarded pair's primary: kept while it is there, put on the standby when it is
 * gone, taken back when it returns. */

#include "alloc-util.h"
#include "clock.h"
#include "guard-internal.h"
#include "rtnl-codec.h"
#include "state-file.h"

/* Without it the addresses of a primary that is gone stay where they are. */
IdentityRecord *guard_read_record(const GuardOptions *options, const char *pair) {
        IdentityRecord *record = NULL;
        Error e = {};

        if (state_file_read_identity(options->state_directory, pair, &record, &e) < 0)
                journal_log(LOG_NOTICE, pair, NULL, "%s", e.text);
        return record;
}

bool guard_port_identity_known(void *userdata) {
        const Guard *g = userdata;

        return g->record;
}

static void keep_record(const Guard *g, const IdentityRecord *record) {
        Error e = {};

        if (state_file_write_identity(g->options.state_directory, pair_name(g->pair), record, &e) < 0)
                journal_log(LOG_WARNING, pair_name(g->pair), NULL, "%s", e.text);
}

static void set_record(Guard *g, IdentityRecord *record) {
        if (!g->record || !identity_record_equal(g->record, record) ||
                        memcmp(g->record->entries, record->entries,
                                        record->n_entries * sizeof(*record->entries)) != 0)
                keep_record(g, record);
        identity_record_free(g->record);
        g->record = record;
}

static void on_identity_done(IdentityJob *job, int result, const IdentityRecord *record, const char *notice,
                const Error *e, void *userdata) {
        Guard *g = userdata;
        char skipped[PAIR_REASON_MAX];
        Error cause = e ? *e : (Error){};

        snprintf(skipped, sizeof(skipped), "%.190s", notice);
        /* what it says it has put there is what will be taken back */
        if (record && g->record && record->n_entries == g->record->n_entries) {
                for (uint32_t i = 0; i < record->n_entries; i++)
                        g->record->entries[i].made = record->entries[i].made;
                keep_record(g, g->record);
        }
        g->identity_job = identity_job_free(job);
        pair_identity_done(g->pair, result, skipped, result < 0 ? &cause : NULL, clock_monotonic());
}

/* Without an address that stays with the device, the policy would take the one for the other. */
static bool is_known_by_address(const Guard *g) {
        bool by_address = false;

        for (PairSide s = 0; s < _PAIR_SIDE_MAX; s++)
                by_address |= pair_policy(g->pair)->adapter[s].kind == ADAPTER_BY_MAC;
        return by_address && !g->record->permanent;
}

int guard_port_identity(void *userdata, PairIdentityTask task, bool resume, Error *e) {
        Guard *g = userdata;
        _cleanup_free_ Neighbour *neighbours = NULL;
        IdentityMove move = {
                .record = g->record,
                .parameters = { .pair = pair_name(g->pair), .bpf_directory = g->options.bpf_directory },
                .resume = resume,
        };

        if (!g->record)
                return error_set(e, ERROR_FAILED, -ENOENT, "what addresses %s had is not known",
                                pair_link(g->pair, SIDE_PRIMARY)->name);
        move.keep_address = is_known_by_address(g);
        for (PairSide s = 0; s < _PAIR_SIDE_MAX; s++) {
                move.parameters.ifindex[s] = pair_link(g->pair, s)->ifindex;
                move.parameters.name[s] = pair_link(g->pair, s)->name;
        }
        if (task == PAIR_IDENTITY_PUT)
                move.n_neighbours = g->options.removed_neighbours.recent(
                                g->options.removed_neighbours.userdata, &neighbours);
        move.neighbours = neighbours;
        return identity_job_new(g->options.event, task, &move, on_identity_done, g, &g->identity_job, e);
}

bool guard_wants_record(const Guard *g) {
        const Pair *p = g->pair;
        const Steering *steering = pair_steering(g->pair);

        if (!pair_link(p, SIDE_PRIMARY)->exists)
                return false;
        return pair_identity(p) == PAIR_IDENTITY_AWAY ||
                        (pair_identity(p) == PAIR_IDENTITY_HOME && steering &&
                                        steering_get_home(steering) == 0);
}

bool guard_has_record(const Guard *g) {
        return g->record;
}

bool guard_has_device(const Guard *g, int ifindex) {
        return g->record && identity_record_find_device(g->record, ifindex) >= 0;
}

bool guard_is_concerned(const Guard *g, const struct nlmsghdr *message) {
        if (pair_identity(g->pair) == PAIR_IDENTITY_AWAY)
                return rtnl_address_parse(message) == pair_link(g->pair, SIDE_PRIMARY)->ifindex;
        return g->record && identity_record_concerns(g->record, (struct nlmsghdr *) message);
}

void guard_take_record(Guard *g, IdentityRecord *record) {
        _cleanup_(identity_record_freep) IdentityRecord *r = record;

        /* much may have happened since it was asked for */
        if (!guard_wants_record(g) || r->devices[0].ifindex != pair_link(g->pair, SIDE_PRIMARY)->ifindex)
                return;
        if (pair_identity(g->pair) == PAIR_IDENTITY_HOME)
                set_record(g, TAKE_PTR(r));
        else if (identity_record_in_use(r))
                pair_home_in_use(g->pair, clock_monotonic());
}
