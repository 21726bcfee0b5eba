/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Clients that forbid automatic moves for as long as they hold a file descriptor open: the write end of a pipe
 * whose other end is watched here, so that a client that dies lets go by itself. */

#include "manager.h"

typedef struct Inhibitors Inhibitors;

/* changed is called whenever one begins or ends. */
int inhibitors_new(sd_event *event, void (*changed)(void *userdata), void *userdata, Inhibitors **ret);
Inhibitors *inhibitors_free(Inhibitors *i);
DEFINE_CLEANUP(Inhibitors *, inhibitors_free);

/* The fd for the client, or negative. */
int inhibitors_add(Inhibitors *i, const Inhibitor *what, Error *e);
size_t inhibitors_list(const Inhibitors *i, const Inhibitor **ret);
/* How many there are for that pair. */
unsigned inhibitors_count(const Inhibitors *i, const char *pair);
