/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>
#include <stdio.h>

#include "rss-table.h"

bool rss_table_take(RssTable *t, const uint32_t *queues, size_t n) {
        t->n_slots = 0;
        if (n > RSS_SLOTS_MAX)
                return false;
        for (size_t i = 0; i < n; i++) {
                if (queues[i] >= ADAPTER_QUEUES_MAX)
                        return false;
                t->queue[i] = (uint8_t) queues[i];
        }
        t->n_slots = (unsigned) n;
        return true;
}

void rss_table_get(const AdapterProfile *p, AdapterAttribute a, unsigned place, RssTable *ret) {
        ret->n_slots = 0;
        for (unsigned i = 0; i < RSS_CHUNKS_MAX; i++) {
                const AdapterValue *v = adapter_profile_get(p, a, place + i, NULL);

                if (!v || !v->set || v->absent || v->size == 0 || v->size > RSS_CHUNK)
                        return;
                memcpy(&ret->queue[i * RSS_CHUNK], adapter_value_data(v), v->size);
                ret->n_slots += v->size;
                if (v->size < RSS_CHUNK)
                        return;
        }
}

AdapterValue rss_table_chunk(const RssTable *t, unsigned chunk) {
        if (chunk * RSS_CHUNK >= t->n_slots)
                return (AdapterValue){};
        return adapter_value_bytes(&t->queue[chunk * RSS_CHUNK],
                        MIN(t->n_slots - chunk * RSS_CHUNK, (unsigned) RSS_CHUNK));
}

void rss_table_put(const RssTable *t, AdapterProfile *p, AdapterAttribute a, unsigned place) {
        for (unsigned i = 0; i * RSS_CHUNK < t->n_slots; i++) {
                AdapterValue *v = adapter_profile_add(p, a, place + i, NULL);

                if (!v)
                        return;
                *v = rss_table_chunk(t, i);
        }
}

bool rss_table_set_chunk(RssTable *t, unsigned chunk, const AdapterValue *v) {
        AdapterValue now = rss_table_chunk(t, chunk);

        if (!now.set || now.size != v->size)
                return false;
        memcpy(&t->queue[chunk * RSS_CHUNK], adapter_value_data(v), v->size);
        return true;
}

void rss_table_default(RssTable *t, unsigned n_slots, unsigned n_queues) {
        t->n_slots = MIN(n_slots, (unsigned) RSS_SLOTS_MAX);
        for (unsigned i = 0; i < t->n_slots; i++)
                t->queue[i] = (uint8_t) (n_queues > 0 ? i % n_queues : 0);
}

bool rss_table_is_default(const RssTable *t, unsigned n_queues) {
        if (t->n_slots == 0 || n_queues == 0)
                return false;
        for (unsigned i = 0; i < t->n_slots; i++)
                if (t->queue[i] != i % n_queues)
                        return false;
        return true;
}

#define FORMAT_TERMS_MAX 16 /* more are not read by anybody */

/* The shortest sequence that the slots repeat, or 0. */
static unsigned find_period(const uint8_t *slots, unsigned n) {
        for (unsigned period = 1; period <= MIN(n / 2, (unsigned) FORMAT_TERMS_MAX); period++) {
                unsigned i = period;

                while (i < n && slots[i] == slots[i - period])
                        i++;
                if (i == n)
                        return period;
        }
        return 0;
}

static unsigned count_runs(const uint8_t *slots, unsigned n) {
        unsigned runs = n > 0;

        for (unsigned i = 1; i < n; i++)
                runs += slots[i] != slots[i - 1];
        return runs;
}

static void format_summary(char *buffer, const uint8_t *slots, unsigned n) {
        uint32_t hash = 2166136261U; /* FNV-1a */
        unsigned largest = 0;

        for (unsigned i = 0; i < n; i++) {
                largest = MAX(largest, (unsigned) slots[i]);
                hash = (hash ^ slots[i]) * 16777619U;
        }
        snprintf(buffer, ADAPTER_VALUE_TEXT_MAX, "%u slots for queues up to %u, #%08" PRIx32, n, largest, hash);
}

void rss_table_format(char buffer[static ADAPTER_VALUE_TEXT_MAX], const AdapterValue *v) {
        const uint8_t *slots = adapter_value_data(v);
        unsigned n = v->size, period = find_period(slots, n), length;
        size_t used = 0;

        buffer[0] = 0;
        if (period > 1) {
                for (unsigned i = 0; i < period; i++)
                        used += (size_t) snprintf(
                                        buffer + used, ADAPTER_VALUE_TEXT_MAX - used, "%u ", slots[i]);
                snprintf(buffer + used, ADAPTER_VALUE_TEXT_MAX - used, "again and again");
        } else if (count_runs(slots, n) <= FORMAT_TERMS_MAX)
                for (unsigned i = 0; i < n; i += length) {
                        for (length = 1; i + length < n && slots[i + length] == slots[i]; length++)
                                ;
                        used += (size_t) snprintf(buffer + used, ADAPTER_VALUE_TEXT_MAX - used, "%s%u*%u",
                                        i > 0 ? " " : "", slots[i], length);
                }
        else
                format_summary(buffer, slots, n);
}

static bool is_power_of_two(unsigned n) {
        return n > 0 && (n & (n - 1)) == 0;
}

/* The queue that most of the slots which become slot i had; among equals the one that is used least so far. */
static uint8_t fold_slot(const RssTable *from, unsigned n_slots, unsigned i, const unsigned *used) {
        unsigned votes[ADAPTER_QUEUES_MAX] = {};
        uint8_t best = from->queue[i];

        for (unsigned k = i; k < from->n_slots; k += n_slots)
                votes[from->queue[k]]++;
        for (unsigned k = i; k < from->n_slots; k += n_slots) {
                uint8_t q = from->queue[k];

                if (votes[q] > votes[best] || (votes[q] == votes[best] && used[q] < used[best]))
                        best = q;
        }
        return best;
}

RssFit rss_table_resize(const RssTable *from, unsigned n_slots, RssTable *ret) {
        unsigned used[ADAPTER_QUEUES_MAX] = {};

        ret->n_slots = n_slots;
        for (unsigned i = 0; i < n_slots; i++) {
                ret->queue[i] = n_slots >= from->n_slots ? from->queue[i % from->n_slots]
                                                         : fold_slot(from, n_slots, i, used);
                used[ret->queue[i]]++;
        }
        if (n_slots == from->n_slots)
                return RSS_FIT_SAME;
        return n_slots > from->n_slots && is_power_of_two(n_slots) && is_power_of_two(from->n_slots)
                        ? RSS_FIT_EXPANDED
                        : RSS_FIT_APPROXIMATE;
}

bool rss_table_fold_queues(RssTable *t, unsigned n_queues) {
        bool changed = false;

        for (unsigned i = 0; i < t->n_slots && n_queues > 0; i++) {
                changed = changed || t->queue[i] >= n_queues;
                t->queue[i] = (uint8_t) (t->queue[i] % n_queues);
        }
        return changed;
}
