/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Filters on clsact: either direction as a whole or not at all, since a filter does something else when the one
 * before it is missing. */

#include <stdio.h>

#include "filter-value.h"
#include "own-filter.h"
#include "prime-planner-internal.h"
#include "qdisc-value.h"

static uint64_t number(const AdapterProfile *p, AdapterAttribute a) {
        return p->value[a].set ? p->value[a].word[0] : 0;
}

static bool in_one_bond(const Planner *p) {
        return p->a->master != 0 && p->a->master == p->b->master;
}

static bool is_of(const AdapterEntry *e, bool egress, FilterPlace *ret) {
        return filter_place_parse(e->name, ret) && ret->egress == egress;
}

/* Where primed's own programs are classifiers (before Linux 6.6), what has a lower priority, or the same, acts
 * before frames are handed from one adapter to the other, so on the copy too it would act twice. */
static bool acts_before_us(const Planner *p, const FilterPlace *place) {
        return !in_one_bond(p) && place->priority <= OWN_FILTER_PRIORITY &&
                        (number(p->a, ATTRIBUTE_FILTER_OWN) || number(p->b, ATTRIBUTE_FILTER_OWN));
}

static bool has_others(const AdapterProfile *p, bool egress) {
        FilterPlace place;
        size_t n;
        const AdapterEntry *others = adapter_profile_entries(p, ATTRIBUTE_FILTER_OTHER, &n);

        for (size_t i = 0; i < n; i++)
                if (is_of(&others[i], egress, &place))
                        return true;
        return false;
}

/* Why this filter of the serving adapter would not do the same on the spare; false when it would. */
static bool is_stuck(const Planner *p, const AdapterEntry *e, const FilterPlace *place, char *note) {
        if (filter_value_target(&e->value) == p->b->ifindex)
                snprintf(note, PRIME_NOTE_MAX, "pref %u of the serving adapter sends frames to the spare",
                                place->priority);
        else if (place->priority == OWN_FILTER_PRIORITY && number(p->b, ATTRIBUTE_FILTER_OWN))
                snprintf(note, PRIME_NOTE_MAX, "pref %u is taken on the spare, by primed itself",
                                place->priority);
        else
                return false;
        return true;
}

/* Why the direction is left alone; false when it is not. */
static bool direction_is_stuck(const Planner *p, bool egress, char *note) {
        size_t n;
        const AdapterEntry *filters = adapter_profile_entries(p->a, ATTRIBUTE_FILTER, &n);

        if (has_others(p->a, egress))
                snprintf(note, PRIME_NOTE_MAX,
                                "not without the others of its direction, which cannot be copied");
        else if (has_others(p->b, egress))
                snprintf(note, PRIME_NOTE_MAX, "the spare has filters that could not be put back");
        else if (number(p->b, ATTRIBUTE_QDISC_BLOCKS) > 0)
                snprintf(note, PRIME_NOTE_MAX, "the spare's filters are in shared blocks");
        else if (number(p->b, ATTRIBUTE_FILTER_INGRESS_ONLY))
                snprintf(note, PRIME_NOTE_MAX, "the spare has an ingress discipline where clsact would be");
        else {
                for (size_t i = 0; i < n; i++) {
                        FilterPlace place;

                        if (is_of(&filters[i], egress, &place) && !acts_before_us(p, &place) &&
                                        is_stuck(p, &filters[i], &place, note))
                                return true;
                }
                return false;
        }
        return true;
}

static void report_others(Planner *p, const AdapterProfile *of, bool egress) {
        size_t n;
        const AdapterEntry *others = adapter_profile_entries(of, ATTRIBUTE_FILTER_OTHER, &n);

        for (size_t i = 0; i < n; i++) {
                FilterPlace place;
                PrimeStep *s;

                if (!is_of(&others[i], egress, &place) ||
                                (of == p->b &&
                                                adapter_profile_get(p->a, ATTRIBUTE_FILTER_OTHER, 0,
                                                                others[i].name)))
                        continue;
                s = planner_add(p, ATTRIBUTE_FILTER_OTHER, 0, others[i].name);
                if (!s)
                        return;
                s->undo = (AdapterValue){};
                planner_leave(s, of == p->a ? PRIME_UNSUPPORTED : PRIME_REPORT, "%.*s: %s",
                                (int) others[i].value.size, (const char *) adapter_value_data(&others[i].value),
                                of == p->a ? "cannot be copied" : "on the spare only, left alone");
        }
}

/* from: whose filters. Returns how many the spare is to have. */
static unsigned plan_filters(Planner *p, const AdapterProfile *from, bool egress, const char *stuck) {
        size_t n;
        const AdapterEntry *filters = adapter_profile_entries(from, ATTRIBUTE_FILTER, &n);
        unsigned wanted = 0;

        for (size_t i = 0; i < n; i++) {
                FilterPlace place;
                PrimeStep *s;

                if (!is_of(&filters[i], egress, &place) ||
                                (from == p->b &&
                                                adapter_profile_get(
                                                                p->a, ATTRIBUTE_FILTER, 0, filters[i].name)))
                        continue;
                s = planner_add(p, ATTRIBUTE_FILTER, 0, filters[i].name);
                if (!s)
                        return wanted;
                if (stuck)
                        planner_leave(s, adapter_value_equal(&s->a, &s->b) ? PRIME_EQUAL : PRIME_UNSUPPORTED,
                                        "%s", stuck);
                else if (acts_before_us(p, &place))
                        planner_leave(s, PRIME_REPORT,
                                        "acts on frames before they are handed to the other adapter");
                else
                        planner_want_value(s, &s->a);
                wanted += s->want.set && !s->want.absent;
        }
        return wanted;
}

/* The discipline that filters hang on. The spare keeps one that is not needed. */
static void plan_hook(Planner *p, bool needed) {
        AdapterValue on = adapter_value_number(1);
        PrimeStep *s;

        if (!needed && !number(p->a, ATTRIBUTE_FILTER_HOOK) && !number(p->b, ATTRIBUTE_FILTER_HOOK))
                return;
        s = planner_add(p, ATTRIBUTE_FILTER_HOOK, 0, NULL);
        if (s)
                planner_want_value(s, needed ? &on : &s->b);
}

void planner_filters(Planner *p, PrimeItemId item) {
        unsigned wanted = 0;

        for (unsigned egress = 0; egress < 2; egress++) {
                char note[PRIME_NOTE_MAX];
                bool stuck = direction_is_stuck(p, egress, note);

                report_others(p, p->b, egress);
                report_others(p, p->a, egress);
                (void) plan_filters(p, p->b, egress, stuck ? note : NULL);
                wanted += plan_filters(p, p->a, egress, stuck ? note : NULL);
        }
        plan_hook(p, wanted > 0);
}
