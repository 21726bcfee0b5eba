/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "probe-ledger.h"

static ProbeSlot *slot_of(ProbeLedger *l, uint64_t sequence) {
        return l->slots + sequence % PROBE_WINDOW;
}

void probe_ledger_init(ProbeLedger *l, usec_t timeout) {
        *l = (ProbeLedger){ .timeout = timeout };
}

static void give_up(ProbeLedger *l, uint64_t sequence) {
        ProbeSlot *s = slot_of(l, sequence);

        s->outstanding = false;
        s->lost = true;
        l->lost++;
        if (sequence >= l->highest)
                l->lost_in_a_row++; /* else something newer arrived: a hole, not a silence */
        l->last_lost = MAX(l->last_lost, s->sent);
}

uint64_t probe_ledger_send(ProbeLedger *l, usec_t at) {
        uint64_t sequence = l->next++;
        ProbeSlot *s = slot_of(l, sequence);

        if (s->outstanding) {
                give_up(l, sequence - PROBE_WINDOW);
                l->oldest = MAX(l->oldest, sequence - PROBE_WINDOW + 1);
        }
        *s = (ProbeSlot){ .sent = at, .overtaken = USEC_INFINITY, .outstanding = true };
        l->sent++;
        return sequence;
}

static void latency_update(ProbeLedger *l, usec_t latency, usec_t at) {
        latency = MAX(latency, (usec_t) 1);
        l->latency = l->latency ? (7 * l->latency + latency + 4) / 8 : latency;
        l->latency_min = l->latency_min ? MIN(l->latency_min, latency) : latency;
        l->latency_max = MAX(l->latency_max, latency);
        for (; l->peak > 0 && usec_sub(at, l->peak_at) >= PROBE_PEAK_HALF_LIFE; l->peak /= 2)
                l->peak_at += PROBE_PEAK_HALF_LIFE;
        if (latency >= l->peak) {
                l->peak = latency;
                l->peak_at = at;
        }
}

ProbeReceipt probe_ledger_receive(ProbeLedger *l, uint64_t sequence, usec_t at) {
        ProbeSlot *s = slot_of(l, sequence);

        if (sequence >= l->next || l->next - sequence > PROBE_WINDOW)
                return PROBE_UNKNOWN;
        if (!s->outstanding && !s->lost) {
                l->duplicated++;
                return PROBE_DUPLICATE;
        }
        latency_update(l, usec_sub(at, s->sent), at);
        l->last_received = MAX(l->last_received, at);
        l->lost_in_a_row = 0;
        if (s->lost) {
                s->lost = false; /* once more would be a duplicate */
                l->late++;
                return PROBE_LATE;
        }
        s->outstanding = false;
        l->received++;
        if (sequence < l->highest)
                l->reordered++;
        else {
                for (uint64_t i = MAX(l->oldest, l->highest); i < sequence; i++)
                        slot_of(l, i)->overtaken = at;
                l->highest = sequence + 1;
        }
        return PROBE_IN_TIME;
}

ProbeReceipt probe_ledger_answer(ProbeLedger *l, usec_t at) {
        uint64_t reach = MIN(l->next, (uint64_t) PROBE_WINDOW);

        for (uint64_t i = l->next; i > l->oldest; i--) {
                ProbeSlot *s = slot_of(l, i - 1);

                if (s->outstanding && s->sent <= at)
                        return probe_ledger_receive(l, i - 1, at);
        }
        for (uint64_t i = l->next; i > l->next - reach; i--) {
                ProbeSlot *s = slot_of(l, i - 1);

                if (s->lost && s->sent <= at && at - s->sent <= 2 * l->timeout)
                        return probe_ledger_receive(l, i - 1, at);
        }
        l->duplicated++;
        return PROBE_DUPLICATE;
}

void probe_ledger_stall(ProbeLedger *l, usec_t now, usec_t late) {
        usec_t until = usec_add(now, MIN(late, l->timeout));

        for (uint64_t i = l->oldest; i < l->next; i++) {
                ProbeSlot *s = slot_of(l, i);

                if (s->outstanding && s->amnesty == 0)
                        s->amnesty = until;
        }
}

void probe_ledger_forgive(ProbeLedger *l) {
        for (; l->oldest < l->next; l->oldest++) {
                ProbeSlot *s = slot_of(l, l->oldest);

                l->sent -= s->outstanding;
                s->outstanding = false;
        }
}

usec_t probe_ledger_patience(const ProbeLedger *l) {
        usec_t patience = MAX(8 * l->latency, 2 * l->peak);

        if (l->latency == 0)
                return l->timeout;
        patience = MAX(patience, PROBE_TIMEOUT_MIN);
        return MIN(patience, l->timeout);
}

static usec_t deadline_of(const ProbeLedger *l, const ProbeSlot *s, usec_t patience) {
        usec_t grace = MAX(2 * l->latency, PROBE_REORDER_GRACE), by_time, by_order;

        grace = MIN(grace, patience);
        by_time = usec_add(s->sent, patience);
        by_order = usec_add(s->overtaken, grace);
        by_time = MIN(by_time, by_order);
        return MAX(by_time, s->amnesty);
}

unsigned probe_ledger_judge(ProbeLedger *l, usec_t known) {
        usec_t patience = probe_ledger_patience(l);
        unsigned n = 0;

        for (uint64_t i = l->oldest; i < l->next; i++) {
                ProbeSlot *s = slot_of(l, i);

                if (s->outstanding && known >= deadline_of(l, s, patience)) {
                        give_up(l, i);
                        n++;
                }
                if (!s->outstanding && l->oldest == i)
                        l->oldest++;
        }
        return n;
}

size_t probe_ledger_outstanding(const ProbeLedger *l) {
        size_t n = 0;

        for (uint64_t i = l->oldest; i < l->next; i++)
                n += l->slots[i % PROBE_WINDOW].outstanding;
        return n;
}

usec_t probe_ledger_deadline(const ProbeLedger *l) {
        usec_t patience = probe_ledger_patience(l), first = USEC_INFINITY;

        for (uint64_t i = l->oldest; i < l->next; i++) {
                const ProbeSlot *s = l->slots + i % PROBE_WINDOW;

                if (s->outstanding)
                        first = MIN(first, deadline_of(l, s, patience));
        }
        return first;
}
