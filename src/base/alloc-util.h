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
