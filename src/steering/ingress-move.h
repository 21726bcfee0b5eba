/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The course of a move of ingress, the same for every backend: the network is told, what arrives is watched
 * until it is seen to have followed, and the ledger of group-addressed frames goes through its phases
 * (redirect-mode.h). In a split it is told again now and then. Time is a parameter, in usec of
 * CLOCK_MONOTONIC. */

#include "redirect-announce.h"
#include "redirect-mode.h"
#include "redirect-programs.h"

typedef struct IngressMove IngressMove;

/* Waiting for the rings of the side that is left to be empty, asked by beacons. */
typedef struct IngressDrain {
        usec_t since, calm_since;
        usec_t asked; /* when the last beacon was sent, 0: none yet */
        unsigned n_asked;
        bool answered;
        bool heard; /* one of them came in, however late */
} IngressDrain;

struct IngressMove {
        RedirectPrograms *programs;
        Announcer *announcer;
        const char *pair, *const *name;
        uint32_t (*mode)(
                        const IngressMove *m); /* the mode word for the programs: redirect_mode_of() and more */

        RedirectMove move;
        SteeringUrgency urgency;
        bool held;     /* begun, but neither told nor counted yet: see ingress_move_begin() */
        bool draining; /* to be told once nothing waits on the old side */
        IngressDrain drain;
        usec_t begun, phase_since;
        unsigned announced; /* how often */
        usec_t check_next, confirmed, reminder_next, reports_next;
        uint64_t unicast[_PAIR_SIDE_MAX]; /* the counters as of... */
        usec_t unicast_since;             /* ...when the old side's last rose */
        uint64_t stray;
};

/* Gives the programs the mode word again. */
static inline void ingress_move_store(const IngressMove *m) {
        redirect_programs_set_mode(m->programs, m->mode(m));
}

/* Goes on with what an earlier process left, wherever in a move that was. */
void ingress_move_take_up(IngressMove *m, RedirectMove found, usec_t now);

/* Ingress to target.ingress, from wherever it is, also in the middle of another move. The network is told at
 * once, or, when that is planned, as soon as nothing waits in the rings of the side that is left. With `hold`
 * the programs already know, and all that comes after ingress_move_go(). */
int ingress_move_begin(
                IngressMove *m, SteeringPath target, SteeringUrgency urgency, bool hold, usec_t now, Error *e);
int ingress_move_go(IngressMove *m, usec_t now, Error *e);

/* Tells the network where the pair is, and that is all there is to it. */
void ingress_move_announce(IngressMove *m, usec_t now);

/* As steering_process(): 1: seen, and the old side no longer needed; 0; -ETIMEDOUT. */
int ingress_move_process(IngressMove *m, usec_t now, usec_t *ret_next, Error *e);

/* Not seen yet, or its ledger is still in use. */
static inline bool ingress_move_is_under_way(const IngressMove *m) {
        return m->move.moving || m->move.phase != REDIRECT_REST;
}
