/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The times of the last events, to count those within a time. Bounded: beyond EVENT_WINDOW_MAX the oldest are
 * forgotten, which only matters to thresholds that are higher than that; they are taken as EVENT_WINDOW_MAX. */

#include "time-util.h"

#define EVENT_WINDOW_MAX 128

typedef struct EventWindow {
        usec_t at[EVENT_WINDOW_MAX];
        size_t next;
        size_t n;
} EventWindow;

/* Adds one event, not earlier than the last. */
void event_window_add(EventWindow *w, usec_t at);

/* How many events were later than now - per. */
size_t event_window_count(const EventWindow *w, usec_t now, usec_t per);

/* Whether `limit` events or more were. A limit of 0 counts as 1. */
bool event_window_reached(const EventWindow *w, usec_t now, double limit, usec_t per);
