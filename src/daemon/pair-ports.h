/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Through these a pair reaches the world, and through nothing else: guard.c makes them of the kernel's, tests
 * of fakes in virtual time. None may block. */

#include "journal.h"
#include "pair-status.h"
#include "prime-contention.h"
#include "replay-trace.h"
#include "steering.h"

typedef struct Pair Pair;
typedef struct PairMemory PairMemory; /* pair-shell.h */

/* Where an adapter hangs, as far as it is known. */
typedef struct PairPlace {
        char driver[32];
        char bus_path[56];              /* as udev names it */
        char device[ADAPTER_PLACE_MAX]; /* the directory of its device in sysfs */
        char physical[16];              /* of a virtual function: the PCI address of the physical one */
} PairPlace;

/* What a pair knows of one of its links. */
typedef struct PairLink {
        bool exists;
        int ifindex;
        char name[IFNAMSIZ];
        bool up; /* IFF_UP: an administrator's word, never a fault */
        bool carrier;
        char operstate[16];
        PairPlace place;
        EtherAddress address, permanent_address;
        uint64_t bit_rate;
        bool full_duplex;
        LinkTrouble trouble; /* why it has no carrier, though it is up */
        unsigned mtu;
        int master; /* ifindex of the bond or bridge it is a port of; 0: none */
} PairLink;

typedef enum PairPriming {
        PAIR_PRIMING_PLAN,
        PAIR_PRIMING_APPLY,
        PAIR_PRIMING_UNDO,
        PAIR_PRIMING_SNAPSHOT,
        PAIR_PRIMING_RESTORE,
} PairPriming;

/* What the worker shall do; all it points to is used before the port returns. */
typedef struct PairPrimeOrder {
        PairPriming what;
        const PairLink *serving, *spare; /* read; and read or set */
        PrimeItems items;
        /* the last outcome, which UNDO takes back and the others learn from (NULL: there is none); the snapshot
         * that RESTORE sets */
        const PrimePlan *before;
        const PrimeContention *contention;
        bool dry_run, complete; /* as in PrimeRequest */
} PairPrimeOrder;

/* What becomes of the primary's addresses when its device goes and comes: identity-move.h. */
typedef enum PairIdentityTask {
        PAIR_IDENTITY_PUT,  /* on the standby */
        PAIR_IDENTITY_PARK, /* the primary is back, and makes no trouble meanwhile */
        PAIR_IDENTITY_TAKE, /* back to the primary */
        _PAIR_IDENTITY_TASK_MAX,
        _PAIR_IDENTITY_TASK_INVALID = -EINVAL,
} PairIdentityTask;

/* What takes long, and is begun by few pairs at a time. */
typedef enum PairTurn {
        PAIR_TURN_ATTACH,
        PAIR_TURN_MEND,  /* a look whether the steering is whole, where only the kernel can tell */
        PAIR_TURN_PRIME, /* by itself; what people order does not wait */
        _PAIR_TURN_MAX,
} PairTurn;

typedef struct PairPorts {
        /* Whether to begin that now; if not, pair_dispatch() is called when it is this pair's turn. */
        bool (*may_begin)(void *userdata, PairTurn what);
        /* Steering in place and prober running; both links exist. */
        int (*attach)(void *userdata, const PairPolicy *policy, const PairLink *links, usec_t now,
                        Steering **ret, Error *e);
        /* The prober stops, the steering (still the pair's) is about to be closed. */
        void (*release)(void *userdata);
        /* Begins to read what the steering must know of addresses, for pair_take_reading(); an earlier reading
         * that is under way is given up. */
        int (*read)(void *userdata, const Steering *steering, const PairLink *links, Error *e);
        /* Whether frames proved that side's path within the last check interval; the reason says by what, or
         * why not. */
        bool (*is_proved)(void *userdata, PairSide side, usec_t now, char reason[static PAIR_REASON_MAX]);
        /* Probes at the fast rate for that long, so that a loss during a move is seen. */
        void (*probe_burst)(void *userdata, usec_t now, usec_t duration);
        /* Probes lost, doubled, reordered on all paths since the prober started. */
        void (*probe_totals)(
                        void *userdata, uint64_t *ret_lost, uint64_t *ret_duplicated, uint64_t *ret_reordered);
        /* Starts the worker; it writes nothing before pair_prime_begins(), and its result comes as
         * pair_prime_done(). */
        int (*prime)(void *userdata, const PairPrimeOrder *order, Error *e);
        /* Stops it; no result comes. True: it hangs in the kernel, pair_prime_ended() says when it is gone. */
        bool (*prime_cancel)(void *userdata);
        /* Whether it is known what the primary's device takes along when it goes. */
        bool (*identity_known)(void *userdata);
        /* Begins that; its result comes as pair_identity_done(). resume: something of it may be done already.
         */
        int (*identity)(void *userdata, PairIdentityTask task, bool resume, Error *e);
        /* pair_dispatch() wants to be called at that time at the latest. */
        void (*wake)(void *userdata, usec_t at);
        /* Keeps what must survive a restart of the daemon. */
        void (*save)(void *userdata, const Pair *p);
        /* The same for the plan of the last priming, which can be large; NULL: there is none any more. */
        void (*save_plan)(void *userdata, const PrimePlan *plan);
        /* Both (plan NULL: the former only), before something is begun that could not be taken back without.
         * Negative with e: they are not kept; not told yet. */
        int (*keep)(void *userdata, const PairMemory *memory, const PrimePlan *plan, Error *e);
        usec_t (*monotonic)(void *userdata); /* for what people ask; all else is told the time */
        usec_t (*realtime)(void *userdata);

        /* What the predictor of that side is fed, and what else it is told (the row's time is now): for who
         * records it. May be NULL. */
        void (*fed)(void *userdata, PairSide side, const HealthSample *samples, size_t n);
        void (*noted)(void *userdata, PairSide side, const ReplayRow *row);

        /* telling */
        void (*event)(void *userdata, EventKind kind, PairSide side, const EventField *fields, size_t n_fields,
                        const char *text); /* side _PAIR_SIDE_INVALID: of the pair */
        void (*changed)(void *userdata);
        void (*switch_started)(void *userdata, const MoveRecord *record);
        void (*switch_finished)(void *userdata, const MoveRecord *record);
} PairPorts;
