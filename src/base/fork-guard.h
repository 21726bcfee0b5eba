/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Threads that allocate memory, and processes that are forked meanwhile. glibc's allocator is whole in the
 * child; AddressSanitizer's (before GCC 14) stays locked there for ever if another thread was just in it. So in
 * builds with it, and only there, a fork waits for such threads; elsewhere these do nothing else than their
 * names say. */

#include <sys/types.h>

/* A thread that may allocate begins its work, and ends it. */
void fork_guard_enter(void);
void fork_guard_leave(void);

/* fork(). Waits for at most 200 ms: who takes longer waits for the kernel, and is not allocating. */
pid_t fork_guard_fork(void);
