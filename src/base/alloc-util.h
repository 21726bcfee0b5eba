/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Cleanup handlers for what libc hands out. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "macro.h"

static inline void freep(void *p) {
        free(*(void **) p);
}

static inline void fclosep(FILE **f) {
        if (*f)
                fclose(*f);
}

static inline void closep(int *fd) {
        if (*fd >= 0) {
                int saved = errno;

                close(*fd);
                errno = saved;
        }
}

#define _cleanup_free_   _cleanup_(freep)
#define _cleanup_fclose_ _cleanup_(fclosep)
#define _cleanup_close_  _cleanup_(closep)

/* A zeroed array of n; NULL on overflow or no memory. */
#define new0(type, n) ((type *) calloc((n), sizeof(type)))

/* Makes room for `needed` items of that size where there is room for *allocated, for twice as many at least, so
 * that adding one by one stays cheap. 0, or -ENOMEM: all is as it was. */
static inline int memory_grow(void **memory, size_t *allocated, size_t needed, size_t item) {
        size_t want = MAX(*allocated * 2, needed);
        void *p;

        if (needed <= *allocated)
                return 0;
        p = reallocarray(*memory, want, item);
        if (!p)
                return -ENOMEM;
        *memory = p;
        *allocated = want;
        return 0;
}
