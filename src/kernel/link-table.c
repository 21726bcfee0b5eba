/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>

#include "alloc-util.h"
#include "link-table.h"

/* Where ifindex is or belongs. */
static size_t position_of(const LinkTable *t, int ifindex) {
        size_t low = 0, high = t->n;

        while (low < high) {
                size_t middle = low + (high - low) / 2;

                if (t->links[middle].ifindex < ifindex)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low;
}

LinkState *link_table_get(const LinkTable *t, int ifindex) {
        size_t i = position_of(t, ifindex);

        return i < t->n && t->links[i].ifindex == ifindex ? t->links + i : NULL;
}

int link_table_insert(LinkTable *t, const LinkState *state) {
        size_t i = position_of(t, state->ifindex);
        void *links = t->links;

        if (i < t->n && t->links[i].ifindex == state->ifindex) {
                t->links[i] = *state;
                return 0;
        }
        if (t->n == LINK_TABLE_MAX) {
                t->n_ignored++;
                return -ENOSPC;
        }
        if (memory_grow(&links, &t->allocated, t->n + 1, sizeof(LinkState)) < 0)
                return -ENOMEM;
        t->links = links;
        memmove(t->links + i + 1, t->links + i, (t->n - i) * sizeof(LinkState));
        t->links[i] = *state;
        t->n++;
        return 0;
}

void link_table_remove(LinkTable *t, int ifindex) {
        LinkState *state = link_table_get(t, ifindex);
        size_t i;

        if (!state)
                return;
        i = (size_t) (state - t->links);
        memmove(state, state + 1, (t->n - i - 1) * sizeof(LinkState));
        t->n--;
}

void link_table_clear(LinkTable *t) {
        free(t->links);
        *t = (LinkTable){};
}
