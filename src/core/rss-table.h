/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The table by which an adapter spreads received flows over its queues: the hash of a frame picks a slot, the
 * slot names the queue. In a profile it is entries of RSS_CHUNK slots, a byte each. */

#include "adapter-profile.h"

#define RSS_SLOTS_MAX  4096 /* bnxt and hns3 have up to 2048 */
#define RSS_CHUNK      128
#define RSS_CHUNKS_MAX (RSS_SLOTS_MAX / RSS_CHUNK)

static_assert(RSS_CHUNK <= ADAPTER_BYTES_MAX, "a chunk does not fit into a value");
static_assert(ADAPTER_QUEUES_MAX <= UINT8_MAX + 1, "a queue does not fit into a slot");

typedef struct RssTable {
        unsigned n_slots; /* 0: none */
        uint8_t queue[RSS_SLOTS_MAX];
} RssTable;

/* From the kernel's numbers. False when there are too many slots, or a queue beyond ADAPTER_QUEUES_MAX. */
bool rss_table_take(RssTable *t, const uint32_t *queues, size_t n);

/* From the entries of the attribute that begin at place; a gap ends the table. */
void rss_table_get(const AdapterProfile *p, AdapterAttribute a, unsigned place, RssTable *ret);

/* Into entries of the attribute, one per chunk, beginning at place. */
void rss_table_put(const RssTable *t, AdapterProfile *p, AdapterAttribute a, unsigned place);

/* The chunk as a value; not set where the table has ended. */
AdapterValue rss_table_chunk(const RssTable *t, unsigned chunk);

/* Puts the chunk's slots into the table; false when they do not fit it. */
bool rss_table_set_chunk(RssTable *t, unsigned chunk, const AdapterValue *v);

/* What the kernel makes of a table nobody set: slot i has queue i mod n_queues. */
void rss_table_default(RssTable *t, unsigned n_slots, unsigned n_queues);
bool rss_table_is_default(const RssTable *t, unsigned n_queues);

typedef enum RssFit {
        RSS_FIT_SAME,
        RSS_FIT_EXPANDED,    /* other size, every flow where it was: both powers of two, the new one larger */
        RSS_FIT_APPROXIMATE, /* other size, the shares of the queues about the same */
} RssFit;

/* The table for one of n_slots (at least 1, at most RSS_SLOTS_MAX): the slot of a hash is its low bits, so a
 * larger power of two repeats the table, and a smaller one gives a slot the queue most of its former slots had,
 * the least used one among equals. */
RssFit rss_table_resize(const RssTable *from, unsigned n_slots, RssTable *ret);

/* A chunk as text: "0 1 2 3 again and again", "0*64 1*64", else how many slots and queues, and a number by
 * which two that differ are told apart. */
void rss_table_format(char buffer[static ADAPTER_VALUE_TEXT_MAX], const AdapterValue *v);

/* Takes every queue modulo n_queues; whether that changed anything. */
bool rss_table_fold_queues(RssTable *t, unsigned n_queues);
