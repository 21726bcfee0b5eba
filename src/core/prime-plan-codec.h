/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A plan as bytes: it comes back from the worker process through a pipe, and it is kept in a file so that a
 * restarted daemon can still undo it. Version 2, little-endian:
 *
 *      "PRPL" u16 version, u16 number of steps, then per step
 *      u8 item, u16 attribute, u32 place, u8 action, u8 disruption, u8 outcome, u8 flags (1 = blocks),
 *      four values (a, b, want, undo): u8 words (255 = not set, 254 = absent: nothing follows), u8 size of
 *      bytes (0 for what is none), u64 each, the last not 0,
 *      two texts (name, note): u8 length, bytes without NUL.
 *
 * There is one encoding of a plan only; whatever differs from it is refused. */

#include "prime-plan.h"

/* Allocates *ret (free()). 0 or -ENOMEM. */
int prime_plan_encode(const PrimePlan *p, uint8_t **ret, size_t *ret_size);

/* -EBADMSG for anything that prime_plan_encode() would not have written, -EPROTO for another version, -ENOMEM.
 * Never reads beyond size, never makes more than PRIME_STEPS_MAX steps. */
int prime_plan_decode(const uint8_t *data, size_t size, PrimePlan **ret);
