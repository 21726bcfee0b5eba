/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What a pair must remember over a restart of the daemon and the kernel does not keep: one small text file per
 * pair in the runtime directory, replaced atomically. A missing, damaged or foreign one is no error: the
 * kernel's state decides, this only adds to it. */

#include "error.h"
#include "pair-shell.h"

int state_file_write(const char *directory, const char *pair, const PairMemory *memory, Error *e);

/* 1 read, 0 there is none (or it is unusable), negative on error. */
int state_file_read(const char *directory, const char *pair, PairMemory *ret, Error *e);

void state_file_remove(const char *directory, const char *pair);
