/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The record of a move from its cause to its end, the history of moves, and the answer to whoever asked for
 * one. */

#include <stdio.h>

#include "pair-internal.h"

static void history_put(Pair *p, const MoveRecord *record) {
        p->history[p->history_next] = *record;
        p->history_next = (p->history_next + 1) % MOVE_HISTORY_MAX;
        p->n_history = MIN(p->n_history + 1, (size_t) MOVE_HISTORY_MAX);
}

static MoveRecord *history_last(Pair *p) {
        return p->history + (p->history_next + MOVE_HISTORY_MAX - 1) % MOVE_HISTORY_MAX;
}

size_t pair_get_history(const Pair *p, MoveRecord *records, size_t max) {
        size_t n = MIN(max, p->n_history);

        for (size_t i = 0; i < n; i++)
                records[i] = p->history[(p->history_next + MOVE_HISTORY_MAX - 1 - i) % MOVE_HISTORY_MAX];
        return n;
}

void pair_answer(Pair *p, const PairReply *reply, const Error *e) {
        PendingRequest pending = p->pending;

        if (!pending.set)
                return;
        p->pending = (PendingRequest){};
        pending.func(p, reply, e, pending.userdata);
}

static void count_losses(Pair *p) {
        uint64_t lost = 0, duplicated = 0, reordered = 0;

        p->ports.probe_totals(p->userdata, &lost, &duplicated, &reordered);
        p->move.lost = lost - MIN(lost, p->lost_base);
        p->move.duplicated = duplicated - MIN(duplicated, p->duplicated_base);
        p->move.reordered = reordered - MIN(reordered, p->reordered_base);
}

/* The record lives on in the history while it grows. */
static void update(Pair *p) {
        count_losses(p);
        *history_last(p) = p->move;
        p->ports.changed(p->userdata);
}

void pair_move_begin(Pair *p, usec_t now) {
        if (p->move.id != 0)
                return;
        p->move = (MoveRecord){
                .id = ++p->last_id,
                .realtime = p->ports.realtime(p->userdata),
                .trigger = p->aim.trigger,
                .result = MOVE_UNDER_WAY,
                .detect_usec = usec_sub(p->aim.decided_at, p->aim.detected_at),
                .prime_usec = p->prime_usec,
        };
        snprintf(p->move.from, sizeof(p->move.from), "%s", p->link[p->serving].name);
        snprintf(p->move.to, sizeof(p->move.to), "%s", p->link[pair_spare(p)].name);
        snprintf(p->move.reason, sizeof(p->move.reason), "%s", p->aim.reason);
        p->ports.probe_totals(p->userdata, &p->lost_base, &p->duplicated_base, &p->reordered_base);
        move_budget_spend(&p->budget, now);
        history_put(p, &p->move);
        p->ports.switch_started(p->userdata, &p->move);
        pair_tell(p, EVENT_SWITCH_STARTED, _PAIR_SIDE_INVALID, "moving traffic from %s to %s: %s", p->move.from,
                        p->move.to, p->move.reason);
}

void pair_move_ingress_seen(Pair *p, usec_t now) {
        PairReply reply = { .record = &p->move };
        PairSide egress = pair_path(p).egress; /* already there where both leave together */

        p->move.ingress_usec = usec_sub(now, p->aim.decided_at);
        p->move.duration_usec = p->move.ingress_usec;
        if (p->aim.goal == GOAL_SPLIT)
                p->move.result = MOVE_SPLIT;
        update(p);
        pair_tell(p, EVENT_SPLIT_DONE, _PAIR_SIDE_INVALID, "ingress arrives on %s, egress %s %s (%s)",
                        p->move.to, egress == p->serving ? "still leaves by" : "leaves by",
                        p->link[egress].name, FORMAT_TIMESPAN(p->move.ingress_usec));
        if (p->pending.set && p->pending.request.verb == PAIR_VERB_SPLIT)
                pair_answer(p, &reply, NULL);
}

void pair_move_egress_moved(Pair *p, usec_t now) {
        p->move.egress_usec = usec_sub(now, p->egress_asked_at);
        p->move.duration_usec = usec_sub(now, p->aim.decided_at);
        p->aim.goal = GOAL_NONE;
        p->finish_at = usec_add(now, PAIR_FINISH_GRACE);
        p->switch_count++;
        p->ports.wake(p->userdata, p->finish_at);
}

static void answer_move(Pair *p, const MoveRecord *record, usec_t now) {
        PairReply reply = { .record = record };
        const PairRequest *q = &p->pending.request;
        bool done = record->result == MOVE_DONE || record->result == MOVE_SPLIT ||
                        (q->verb == PAIR_VERB_REVERT && record->result == MOVE_UNDONE);
        Error e = {};

        if (p->drill == DRILL_THERE && done) {
                p->drill_there = *record;
                p->drill = DRILL_VERIFY;
                p->drill_verify_until = usec_add(now, p->policy.settle);
                return;
        }
        if (p->drill != DRILL_NONE) {
                reply = (PairReply){ .record = &p->drill_there, .back = record };
                p->drill = DRILL_NONE;
                if (done)
                        pair_tell(p, EVENT_DRILL_DONE, _PAIR_SIDE_INVALID, "there and back: %lu probes lost",
                                        (unsigned long) (p->drill_there.lost + record->lost));
        }
        if (!p->pending.set)
                return;
        if (done && q->verb == PAIR_VERB_SWITCH && q->revert_after > 0) {
                p->revert_at = usec_add(now, q->revert_after);
                p->ports.wake(p->userdata, p->revert_at);
                p->ports.save(p->userdata, p);
        }
        if (!done)
                error_set(&e, record->result == MOVE_UNDONE ? ERROR_REVERTED : ERROR_SWITCH_FAILED, -EIO,
                                "moving traffic from %s to %s was undone: it was not seen to follow or %s "
                                "failed meanwhile; traffic is on %s",
                                record->from, record->to, record->to, p->link[p->serving].name);
        pair_answer(p, &reply, done ? NULL : &e);
}

void pair_move_end(Pair *p, MoveResult result, usec_t now) {
        MoveRecord record;

        if (p->move.id == 0)
                return;
        p->move.result = result;
        if (result != MOVE_DONE)
                p->move.duration_usec = usec_sub(now, p->aim.decided_at);
        update(p);
        record = p->move;
        p->finish_at = 0;
        p->ports.switch_finished(p->userdata, &record);
        if (result == MOVE_DONE)
                pair_tell(p, EVENT_SWITCH_DONE, _PAIR_SIDE_INVALID,
                                "traffic moved from %s to %s in %s, %lu probes lost", record.from, record.to,
                                FORMAT_TIMESPAN(record.duration_usec), (unsigned long) record.lost);
        else
                pair_tell(p, EVENT_SWITCH_REVERTED, _PAIR_SIDE_INVALID,
                                "moving traffic from %s to %s was undone, it is on %s", record.from, record.to,
                                p->link[p->serving].name);
        /* only now: what is told is told of this move */
        p->move = (MoveRecord){};
        p->ports.save(p->userdata, p);
        answer_move(p, &record, now);
}

static void answer_probe(Pair *p) {
        PairReply reply = {};
        Error e = {};

        if (!p->proved)
                error_set(&e, ERROR_NOT_READY, -ENOLINK, "%s is not proved: %s", p->link[pair_spare(p)].name,
                                p->proof[pair_spare(p)]);
        pair_answer(p, &reply, p->proved ? NULL : &e);
}

void pair_move_dispatch(Pair *p, usec_t now) {
        if (p->finish_at != 0 && now >= p->finish_at)
                pair_move_end(p, MOVE_DONE, now);
        if (p->pending.set && p->pending.reply_at != 0 && now >= p->pending.reply_at)
                answer_probe(p);
}
