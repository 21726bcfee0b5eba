/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* How a described pair reads for people: shared by list, status, watch and explain. */

#include "json-util.h"
#include "term.h"
#include "time-util.h"

#define VIEW_TEXT_MAX 128

/* "12s ago", "in 5min", "-" for 0; realtime is usec since the epoch. Returns buffer. */
const char *view_ago(usec_t realtime, char buffer[static VIEW_TEXT_MAX]);
/* "Sun 2025-11-23 03:31:16 UTC", local time zone. */
const char *view_date(usec_t realtime, char buffer[static VIEW_TEXT_MAX]);
/* "10G", "2.5G", "100M", "-". */
const char *view_bit_rate(uint64_t bit_rate, char buffer[static VIEW_TEXT_MAX]);

#define VIEW_AGO(t)      view_ago((t), (char[VIEW_TEXT_MAX]){})
#define VIEW_DATE(t)     view_date((t), (char[VIEW_TEXT_MAX]){})
#define VIEW_BIT_RATE(r) view_bit_rate((r), (char[VIEW_TEXT_MAX]){})

TermMark view_pair_mark(const json_object *pair);
TermMark view_adapter_mark(const json_object *adapter);
TermColour view_risk_colour(double risk);
/* The adapter of a pair's description with that name; NULL when it has none such. */
json_object *view_adapter_of(const json_object *pair, const char *name);
/* The name of the adapter that does not serve. */
const char *view_spare(const json_object *pair);

/* The table of pairs, one line each. */
void view_pairs(json_object *pairs, bool legend);
/* One pair in full, several lines. */
void view_pair(const json_object *pair);
/* "eth0 → eth1 in 1.8ms, 0 packets lost (switch 7)"; a record as in last_switch. */
void view_move(const json_object *record);
