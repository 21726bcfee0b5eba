/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Links by their index. */

#include "rtnl-codec.h"

/* Above this many links, further ones are counted but not kept. */
#define LINK_TABLE_MAX 4096

typedef struct LinkTable {
        LinkState *links; /* by ifindex */
        size_t n, allocated, n_ignored;
} LinkTable;

/* NULL when it is not there; valid until the next change. */
LinkState *link_table_get(const LinkTable *t, int ifindex);

/* Replaces the one of that index, which cannot fail. -ENOSPC, -ENOMEM. */
int link_table_insert(LinkTable *t, const LinkState *state);

/* Nothing when it is not there. */
void link_table_remove(LinkTable *t, int ifindex);

void link_table_clear(LinkTable *t);
