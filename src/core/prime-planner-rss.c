/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How received flows are spread: hash function, key and table, and further contexts of key and table. */

#include <stdio.h>

#include "prime-planner-internal.h"
#include "rss-table.h"

/* A Toeplitz hash uses as many bytes of the key as it has input, plus four: 36 bytes of addresses and ports
 * need 40, so keys of 40 and 52 bytes that begin alike hash IPv6 and TCP or UDP alike. */
static void plan_key(PrimeStep *s, const AdapterValue *key, unsigned size) {
        AdapterValue want = *key;

        if (want.size == size) {
                planner_want_value(s, &want);
                return;
        }
        want = adapter_value_bytes(adapter_value_data(key), MIN((unsigned) key->size, size));
        want.size = (uint8_t) size;
        s->want = want;
        s->action = PRIME_MAPPED;
        planner_note(s, "a key of %u bytes %s %u", key->size, size < key->size ? "cut to" : "padded to", size);
}

/* What the spare's table is to be, and the reason where it cannot be the serving adapter's; n_slots: of the
 * spare. */
static PrimeAction fit_table(
                const Planner *p, const RssTable *a, unsigned n_slots, RssTable *want, char *note) {
        const AdapterValue *queues = &p->a->value[ATTRIBUTE_RSS_QUEUES];
        unsigned n_queues = p->rx_queues;
        RssFit fit;

        /* Nobody set it: then nobody shall set it on the spare, whose driver spreads over its own queues. */
        if (queues->set && rss_table_is_default(a, (unsigned) MIN(queues->word[0], UINT64_C(65536)))) {
                rss_table_default(want, n_slots, n_queues);
                if (n_slots == a->n_slots && n_queues == queues->word[0])
                        return PRIME_SET;
                snprintf(note, PRIME_NOTE_MAX, "the default for %u slots and %u queues", n_slots, n_queues);
                return PRIME_MAPPED;
        }
        fit = rss_table_resize(a, n_slots, want);
        if (rss_table_fold_queues(want, n_queues)) {
                snprintf(note, PRIME_NOTE_MAX, "the spare has %u receive queues: queue modulo %u", n_queues,
                                n_queues);
                return PRIME_CLAMPED;
        }
        if (fit == RSS_FIT_SAME)
                return PRIME_SET;
        snprintf(note, PRIME_NOTE_MAX, "%u slots made of %u: %s", n_slots, a->n_slots,
                        fit == RSS_FIT_EXPANDED ? "every flow keeps its queue"
                                                : "flows change their queue, the queues keep their share");
        return fit == RSS_FIT_EXPANDED ? PRIME_MAPPED : PRIME_CLAMPED;
}

/* A step per chunk. */
static void plan_table(
                Planner *p, AdapterAttribute attribute, unsigned place, const RssTable *a, unsigned n_slots) {
        char note[PRIME_NOTE_MAX] = "";
        RssTable want;
        PrimeAction action = fit_table(p, a, n_slots, &want, note);

        for (unsigned i = 0; i * RSS_CHUNK < want.n_slots; i++) {
                PrimeStep *s = planner_add(p, attribute, place + i, NULL);
                AdapterValue chunk = rss_table_chunk(&want, i);

                if (!s)
                        return;
                planner_want_value(s, &chunk);
                if (action != PRIME_SET)
                        planner_leave(s, action, "%s", note);
        }
}

/* A table that the spare keeps, since the serving adapter has none, names a queue that goes away: a kernel
 * would not let it go. One that nobody set is spread anew by the driver. */
static bool table_is_in_the_way(const Planner *p, AdapterAttribute attribute, unsigned place, RssTable *ret) {
        const AdapterValue *queues = &p->b->value[ATTRIBUTE_RSS_QUEUES];

        rss_table_get(p->b, attribute, place, ret);
        if (attribute == ATTRIBUTE_RSS_TABLE && queues->set &&
                        rss_table_is_default(ret, (unsigned) MIN(queues->word[0], UINT64_C(65536))))
                return false;
        return p->rx_queues > 0 && rss_table_fold_queues(ret, p->rx_queues);
}

static void fold_table(Planner *p, AdapterAttribute attribute, unsigned place, const RssTable *folded) {
        for (unsigned i = 0; i * RSS_CHUNK < folded->n_slots; i++) {
                PrimeStep *s = planner_add(p, attribute, place + i, NULL);
                AdapterValue chunk = rss_table_chunk(folded, i);

                if (!s)
                        return;
                planner_want_value(s, &chunk);
                planner_leave(s, PRIME_MAPPED, "the spare has %u receive queues: queue modulo %u", p->rx_queues,
                                p->rx_queues);
        }
}

/* Steps for all of the attribute's entries that begin at place, none of which can be had, or is to be. */
static void plan_without(Planner *p, AdapterAttribute attribute, unsigned place) {
        RssTable own;

        if (attribute != ATTRIBUTE_RSS_CONTEXT_KEY &&
                        !adapter_profile_value(p->a, attribute, place, NULL).set &&
                        table_is_in_the_way(p, attribute, place, &own)) {
                fold_table(p, attribute, place, &own);
                return;
        }
        for (unsigned i = 0; i < RSS_CHUNKS_MAX; i++) {
                PrimeStep *s;

                if (!adapter_profile_get(p->a, attribute, place + i, NULL) &&
                                !adapter_profile_get(p->b, attribute, place + i, NULL))
                        continue;
                s = planner_add(p, attribute, place + i, NULL);
                if (!s)
                        return;
                if (!planner_one_sided(s))
                        planner_want_value(s, &s->a);
        }
}

void planner_rss(Planner *p, PrimeItemId item) {
        const AdapterValue *a = &p->a->value[ATTRIBUTE_RSS_KEY], *b = &p->b->value[ATTRIBUTE_RSS_KEY];
        RssTable table, spare;
        PrimeStep *s;

        planner_numbers(p, item);
        if (a->set || b->set) {
                s = planner_add(p, ATTRIBUTE_RSS_KEY, 0, NULL);
                if (s && !planner_one_sided(s))
                        plan_key(s, a, b->size);
        }
        rss_table_get(p->a, ATTRIBUTE_RSS_TABLE, 0, &table);
        rss_table_get(p->b, ATTRIBUTE_RSS_TABLE, 0, &spare);
        if (table.n_slots > 0 && spare.n_slots > 0)
                plan_table(p, ATTRIBUTE_RSS_TABLE, 0, &table, spare.n_slots);
        else
                plan_without(p, ATTRIBUTE_RSS_TABLE, 0);
}

static unsigned count_contexts(const AdapterProfile *p) {
        return (unsigned) (p->value[ATTRIBUTE_RSS_CONTEXTS].set ? p->value[ATTRIBUTE_RSS_CONTEXTS].word[0] : 0);
}

/* A context of the spare is as large as its main key and table are. */
static void plan_context(Planner *p, unsigned place, unsigned n_slots) {
        const AdapterValue *key = adapter_profile_get(p->a, ATTRIBUTE_RSS_CONTEXT_KEY, place, NULL),
                           *own = &p->b->value[ATTRIBUTE_RSS_KEY];
        RssTable table;
        PrimeStep *s;

        if (key) {
                s = planner_add(p, ATTRIBUTE_RSS_CONTEXT_KEY, place, NULL);
                if (s && !planner_one_sided(s))
                        plan_key(s, key, own->set ? own->size : key->size);
        }
        rss_table_get(p->a, ATTRIBUTE_RSS_CONTEXT_TABLE, place, &table);
        if (table.n_slots > 0)
                plan_table(p, ATTRIBUTE_RSS_CONTEXT_TABLE, place, &table, n_slots);
}

void planner_rss_contexts(Planner *p, PrimeItemId item) {
        unsigned n_a = count_contexts(p->a), n_b = count_contexts(p->b);
        RssTable spare;

        rss_table_get(p->b, ATTRIBUTE_RSS_TABLE, 0, &spare);
        for (unsigned i = 0; i < MAX(n_a, n_b); i++) {
                unsigned place = i * RSS_CHUNKS_MAX;

                if (i < n_a && p->b->value[ATTRIBUTE_RSS_CONTEXTS].set && spare.n_slots > 0) {
                        plan_context(p, place, spare.n_slots);
                        continue;
                }
                plan_without(p, ATTRIBUTE_RSS_CONTEXT_KEY, place);
                plan_without(p, ATTRIBUTE_RSS_CONTEXT_TABLE, place);
        }
}
