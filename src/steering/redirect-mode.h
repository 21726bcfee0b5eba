/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The mode word of the programs as a function of the path and of how far a move of ingress has come. Pure.
 *
 * Unicast follows the announcement frame by frame, so both sides let it in until the move is over. Of a
 * group-addressed frame each adapter gets a copy, microseconds or milliseconds apart, and exactly one must go
 * up; at the instant of the change the programs therefore keep a ledger, in which the first copy wins as with
 * the duplicate discard of IEC 62439-3 (PRP):
 *
 *      record   the old side delivers, both write down what they see
 *      both     whichever copy comes first is delivered
 *      last     the new side delivers, except what has been delivered already
 *      rest     the new side delivers, no ledger */

#include "redirect-map.h"
#include "steering.h"

typedef enum RedirectPhase {
        REDIRECT_REST,
        REDIRECT_RECORD,
        REDIRECT_BOTH,
        REDIRECT_LAST,
        _REDIRECT_PHASE_MAX,
} RedirectPhase;

typedef struct RedirectMove {
        SteeringPath path; /* or the one being moved to */
        RedirectPhase phase;
        bool moving; /* not yet seen to have followed */
} RedirectMove;

uint32_t redirect_mode_of(const RedirectMove *m);
RedirectMove redirect_mode_parse(uint32_t mode);
