/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The spare follows the serving adapter: the kernel tells that settings were changed, a look says whether the
 * two still are alike, and when not, priming sets that right. What it set right is told as what it was: a
 * change on the serving adapter that was followed, or one on the spare that was repaired. */

#include <stdio.h>

#include "pair-internal.h"
#include "pair-shell.h"

/* Administrators change several things in a row, and one command makes several notices: waited for the end of
 * that, but not for ever. */
#define SETTLE     (200 * USEC_PER_MSEC)
#define SETTLE_MAX USEC_PER_SEC
/* Beyond so many looks a minute, the next one is the slow sweep's. */
#define LOOKS_PER_MINUTE 30

/* An administrator who sets rings or channels of the serving adapter may take its link down by that, and
 * traffic moves. The notice comes when the driver is done, so a little before or after. What he set is what he
 * wants: it is left on the adapter that is the spare now, and followed when that serves again. */
#define SWAP_LAG (3 * USEC_PER_SEC)

static void keep_the_spares(Pair *p) {
        char reason[PAIR_REASON_MAX];

        if (p->prime_hold != PRIME_HOLD_NONE)
                return;
        snprintf(reason, sizeof(reason),
                        "settings of %s were changed while it served; %s follows when it serves again",
                        p->link[pair_spare(p)].name, p->link[p->serving].name);
        p->primed = false;
        pair_hold_priming(p, PRIME_HOLD_KEPT, reason);
        pair_tell(p, EVENT_PRIMING_DRIFT, pair_spare(p), "%s", reason);
}

void pair_follow_swapped(Pair *p, usec_t now) {
        bool just_changed = p->changed_at != 0 && usec_sub(now, p->changed_at) < SWAP_LAG;

        p->swapped_at = now;
        p->changed_at = 0;
        if (just_changed)
                keep_the_spares(p);
}

void pair_settings_changed(Pair *p, PairSide side, uint64_t items, usec_t now) {
        if ((items & ~p->policy.prime_items.exclude) == 0 || !p->attached)
                return;
        if (side == p->serving)
                p->changed_at = now;
        else if (p->swapped_at != 0 && usec_sub(now, p->swapped_at) < SWAP_LAG &&
                        p->prime_started_at < p->swapped_at)
                keep_the_spares(p);
        if (event_window_count(&p->looks, now, USEC_PER_MINUTE) >= LOOKS_PER_MINUTE)
                return;
        if (p->look_at == 0)
                p->notice_first = now;
        p->look_at = MIN(usec_add(now, SETTLE), usec_add(p->notice_first, SETTLE_MAX));
        /* what made priming fail may be gone with it; our own undoing was on the spare */
        if (side == p->serving && !p->primed)
                p->prime_retry_at = MIN(p->prime_retry_at, p->look_at);
        p->ports.wake(p->userdata, p->look_at);
}

static bool may_look(const Pair *p) {
        if (p->worker || p->lingers_since != 0 || !p->attached)
                return false;
        return p->state == PAIR_PRIMED || (p->look_after_hang && pair_state_rests(p->state));
}

void pair_look(Pair *p, usec_t now) {
        bool due = now >= p->prime_check_at || (p->look_at != 0 && now >= p->look_at);

        if (!due || !may_look(p) || !p->ports.may_begin(p->userdata, PAIR_TURN_PRIME))
                return;
        p->prime_check_at = USEC_INFINITY;
        p->look_at = 0;
        event_window_add(&p->looks, now);
        (void) pair_start_worker(p, PAIR_PRIMING_PLAN, pair_spare(p), pair_plan_before(p), NULL);
}

typedef struct ChangeList {
        char text[PAIR_REASON_MAX];
        size_t used, n, n_listed;
} ChangeList;

static void list_change(ChangeList *l, const PrimeStep *s, const AdapterValue *from, const AdapterValue *to) {
        AdapterFormat format = adapter_attribute_info(s->attribute)->format;
        char was[ADAPTER_VALUE_TEXT_MAX], is[ADAPTER_VALUE_TEXT_MAX], one[PRIME_LABEL_MAX + 64];
        int n;

        l->n++;
        n = snprintf(one, sizeof(one), "%s%s %.24s -> %.24s", l->n_listed > 0 ? ", " : "", PRIME_STEP_LABEL(s),
                        adapter_value_format(was, from, format), adapter_value_format(is, to, format));
        if (n < 0 || l->used + (size_t) n + sizeof(" and 9999 more") > sizeof(l->text))
                return;
        memcpy(l->text + l->used, one, (size_t) n + 1);
        l->used += (size_t) n;
        l->n_listed++;
}

static const char *list_end(ChangeList *l) {
        if (l->n > l->n_listed)
                snprintf(l->text + l->used, sizeof(l->text) - l->used, " and %zu more", l->n - l->n_listed);
        return l->text;
}

void pair_looked(Pair *p, const PrimePlan *plan) {
        const char *serving = p->link[p->serving].name, *spare = p->link[pair_spare(p)].name;
        bool followed = p->policy.prime == PRIME_ALWAYS && p->prime_hold == PRIME_HOLD_NONE;
        bool after_hang = p->look_after_hang;
        ChangeList differs = {};

        p->look_after_hang = false;
        if (after_hang && prime_plan_is_equal(plan))
                p->primed = true; /* it got there in the end */
        if (prime_plan_is_equal(plan) || (!p->primed && !after_hang))
                return;
        p->primed = false;
        /* told as what it was once it is set right */
        if (followed)
                return;
        for (size_t i = 0; i < plan->n_steps; i++)
                if (prime_step_is_due(&plan->steps[i]))
                        list_change(&differs, &plan->steps[i], &plan->steps[i].want, &plan->steps[i].b);
        pair_tell(p, EVENT_PRIMING_DRIFT, pair_spare(p), "%s and %s are %s configured alike: %s", serving,
                        spare, after_hang ? "not" : "no longer", list_end(&differs));
}

/* What was done about a step, given what was known of it before. */
static void sort_step(Pair *p, const PrimeStep *old, const PrimeStep *s, ChangeList *followed,
                ChangeList *repaired, ChangeList *left, usec_t now) {
        const AdapterValue *expected = old->want.set ? &old->want : &old->b;
        PrimeSetting setting = prime_step_setting(s);

        if (!adapter_value_equal(&old->a, &s->a))
                list_change(followed, s, &old->a, &s->a);
        else if (!adapter_value_equal(expected, &s->b)) {
                list_change(repaired, s, &s->b, &s->want);
                if (prime_contention_note(&p->contention, &setting, now))
                        list_change(left, s, &s->want, &s->b);
        }
}

bool pair_tell_followed(Pair *p, const PrimePlan *before, const PrimePlan *plan, usec_t now) {
        const char *serving = p->link[p->serving].name, *spare = p->link[pair_spare(p)].name;
        ChangeList followed = {}, repaired = {}, left = {};

        for (size_t i = 0; i < plan->n_steps; i++) {
                const PrimeStep *s = &plan->steps[i], *old;

                old = s->outcome == OUTCOME_DONE ? prime_plan_find(before, s) : NULL;
                if (old)
                        sort_step(p, old, s, &followed, &repaired, &left, now);
        }
        if (followed.n > 0)
                pair_tell(p, EVENT_SPARE_FOLLOWED, pair_spare(p), "%s followed %s: %s (%s)", spare, serving,
                                list_end(&followed), FORMAT_TIMESPAN(p->prime_usec));
        if (repaired.n > 0)
                pair_tell(p, EVENT_DRIFT_REPAIRED, pair_spare(p), "%s was changed by something else: %s (%s)",
                                spare, list_end(&repaired), FORMAT_TIMESPAN(p->prime_usec));
        if (left.n > 0)
                pair_tell(p, EVENT_CONTENTION, pair_spare(p),
                                "something else keeps changing %s, left alone from now on: %s", spare,
                                list_end(&left));
        return followed.n > 0 || repaired.n > 0;
}
