/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>

#include "prime-contention.h"

static size_t find(const PrimeContention *c, const PrimeSetting *setting) {
        for (size_t i = 0; i < c->n; i++)
                if (prime_setting_equal(&c->row[i].setting, setting))
                        return i;
        return c->n;
}

/* The row to use for another setting: a free one, or that of the setting that has been quiet longest. */
static size_t find_room(PrimeContention *c) {
        size_t oldest = PRIME_CONTENTION_MAX;

        if (c->n < PRIME_CONTENTION_MAX)
                return c->n++;
        for (size_t i = 0; i < c->n; i++)
                if (!c->row[i].left &&
                                (oldest == PRIME_CONTENTION_MAX ||
                                                c->row[i].repaired[0] < c->row[oldest].repaired[0]))
                        oldest = i;
        return oldest;
}

bool prime_contention_note(PrimeContention *c, const PrimeSetting *setting, usec_t now) {
        size_t i = find(c, setting);
        usec_t oldest;

        if (i == c->n) {
                i = find_room(c);
                if (i == PRIME_CONTENTION_MAX)
                        return false; /* so much is left alone already that one more cannot be kept in mind */
                memset(&c->row[i], 0, sizeof(c->row[i]));
                c->row[i].setting = *setting;
        }
        if (c->row[i].left)
                return false;
        memmove(c->row[i].repaired + 1, c->row[i].repaired,
                        sizeof(c->row[i].repaired) - sizeof(c->row[i].repaired[0]));
        c->row[i].repaired[0] = now;
        oldest = c->row[i].repaired[PRIME_CONTENTION_REPAIRS - 1];
        c->row[i].left = oldest != 0 && now - oldest <= PRIME_CONTENTION_WINDOW;
        return c->row[i].left;
}

bool prime_contention_is_left(const PrimeContention *c, const PrimeSetting *setting) {
        size_t i = find(c, setting);

        return i < c->n && c->row[i].left;
}

void prime_contention_leave(const PrimeContention *c, PrimePlan *plan) {
        for (size_t i = 0; i < plan->n_steps; i++) {
                PrimeStep *s = &plan->steps[i];
                PrimeSetting setting = prime_step_setting(s);

                if (!prime_step_is_due(s) || !prime_contention_is_left(c, &setting))
                        continue;
                s->action = PRIME_REPORT;
                s->want = (AdapterValue){};
                snprintf(s->note, sizeof(s->note), "left alone: something else set it back %d times within %s",
                                PRIME_CONTENTION_REPAIRS, FORMAT_TIMESPAN(PRIME_CONTENTION_WINDOW));
        }
}
