/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The object paths that a node enumerator answers with. Adding goes on after an error, which
 * bus_node_list_finish() returns. */

#include "alloc-util.h"

typedef struct BusNodeList {
        char **paths; /* NULL-terminated */
        size_t n;
        bool failed;
} BusNodeList;

static inline void bus_node_list_add(BusNodeList *l, const char *path) {
        char **more = l->failed ? NULL : (char **) reallocarray(l->paths, l->n + 2, sizeof(*more));

        if (!more) {
                l->failed = true;
                return;
        }
        l->paths = more;
        l->paths[l->n] = strdup(path);
        l->paths[l->n + 1] = NULL;
        l->failed = !l->paths[l->n++];
}

/* *ret_nodes and what is in it become the caller's; NULL when there are none. */
static inline int bus_node_list_finish(BusNodeList *l, char ***ret_nodes) {
        if (!l->failed) {
                *ret_nodes = l->paths;
                return 0;
        }
        for (size_t i = 0; i < l->n; i++)
                free(l->paths[i]);
        free(l->paths);
        return -ENOMEM;
}
