/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What a pair must remember over a restart of the daemon and the kernel does not keep: one small text file per
 * pair in the runtime directory, replaced atomically. A missing, damaged or foreign one is no error: the
 * kernel's state decides, this only adds to it. */

#include "error.h"
#include "identity-record.h"
#include "laser-record.h"
#include "pair-shell.h"

int state_file_write(const char *directory, const char *pair, const PairMemory *memory, Error *e);

/* 1 read, 0 there is none (or it is unusable), negative on error. */
int state_file_read(const char *directory, const char *pair, PairMemory *ret, Error *e);

void state_file_remove(const char *directory, const char *pair);

/* The plan of the last priming, in a file of its own, so that its effect can be taken back after a restart.
 * plan NULL: there is none any more. */
int state_file_write_plan(const char *directory, const char *pair, const PrimePlan *plan, Error *e);
/* 1 and a plan in *ret, 0 when there is none, negative with e. */
int state_file_read_plan(const char *directory, const char *pair, PrimePlan **ret, Error *e);

/* Both, before what the plan says is begun: the files are replaced only when each has been written in full, the
 * plan's first. plan NULL: the state only. Negative with e: neither was replaced, unless a rename failed. */
int state_file_keep(const char *directory, const char *pair, const PairMemory *memory, const PrimePlan *plan,
                Error *e);

/* What goes with the primary's device when that disappears, likewise. */
int state_file_write_identity(const char *directory, const char *pair, const IdentityRecord *record, Error *e);
int state_file_read_identity(const char *directory, const char *pair, IdentityRecord **ret, Error *e);

/* What the lasers of that side's module took on their first day, likewise, in a directory that outlives a
 * reboot. */
int state_file_write_lasers(
                const char *directory, const char *pair, PairSide side, const LaserRecord *record, Error *e);
int state_file_read_lasers(const char *directory, const char *pair, PairSide side, LaserRecord *ret, Error *e);
