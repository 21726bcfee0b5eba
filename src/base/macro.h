/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The few macros everything uses. Nothing here evaluates an argument twice in a way that matters. */

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define _cleanup_(f)   __attribute__((cleanup(f)))
#define _printf_(a, b) __attribute__((format(printf, a, b)))
#define _unused_       __attribute__((unused))
#define _pure_         __attribute__((pure))

#define ELEMENTSOF(a) (sizeof(a) / sizeof((a)[0]))

/* __COUNTER__ names the copies, so that one may stand inside another. */
#define MIN(a, b)             _MIN_COUNTED(__COUNTER__, a, b)
#define MAX(a, b)             _MAX_COUNTED(__COUNTER__, a, b)
#define _MIN_COUNTED(n, a, b) _MIN(n, a, b)
#define _MAX_COUNTED(n, a, b) _MAX(n, a, b)
#define _MIN(n, a, b)                                                                                          \
        ({                                                                                                     \
                typeof(a) _a##n = (a);                                                                         \
                typeof(b) _b##n = (b);                                                                         \
                _a##n < _b##n ? _a##n : _b##n;                                                                 \
        })
#define _MAX(n, a, b)                                                                                          \
        ({                                                                                                     \
                typeof(a) _a##n = (a);                                                                         \
                typeof(b) _b##n = (b);                                                                         \
                _a##n > _b##n ? _a##n : _b##n;                                                                 \
        })
#define CLAMP(x, low, high) MAX(MIN((x), (high)), (low))

/* Hands the pointer to a new owner and forgets it here. */
#define TAKE_PTR(p)                                                                                            \
        ({                                                                                                     \
                typeof(p) *_pp = &(p);                                                                         \
                typeof(p) _taken = *_pp;                                                                       \
                *_pp = NULL;                                                                                   \
                _taken;                                                                                        \
        })
#define TAKE_FD(fd)                                                                                            \
        ({                                                                                                     \
                int *_fdp = &(fd);                                                                             \
                int _taken = *_fdp;                                                                            \
                *_fdp = -EBADF;                                                                                \
                _taken;                                                                                        \
        })

/* DEFINE_CLEANUP(Foo *, foo_free) gives foo_freep for _cleanup_(). */
#define DEFINE_CLEANUP(type, func)                                                                             \
        static inline void func##p(type *p) {                                                                  \
                if (*p)                                                                                        \
                        *p = func(*p);                                                                         \
        }                                                                                                      \
        struct _cleanup_needs_a_semicolon_

static inline bool streq(const char *a, const char *b) {
        return strcmp(a, b) == 0;
}

/* Equal, where NULL equals NULL only. */
static inline bool streq_ptr(const char *a, const char *b) {
        return a && b ? streq(a, b) : a == b;
}
