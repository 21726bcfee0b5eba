/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A world for one pair: links, proofs, steering and priming worker as the test says, time as the test says.
 * Whole lives of a pair run here in microseconds. */

#include "fake-adapter.h"
#include "pair-shell.h"
#include "prime-worker.h"

#define WORLD_EVENTS_MAX 512

typedef struct World World;

struct World {
        usec_t now;
        Pair *pair;
        PairPolicy policy;
        PairLink link[_PAIR_SIDE_MAX];

        /* what the test sets */
        bool proved[_PAIR_SIDE_MAX];
        bool ingress_follows; /* frames are seen on the side ingress was moved to */
        usec_t ingress_delay; /* after this long */
        int prime_result;     /* of the worker; negative: it fails */
        usec_t prime_delay;
        unsigned prime_dies_at; /* the worker dies with the daemon before that write of its; 0: it does not */
        bool disk_full;         /* nothing can be kept of what a priming is about to change */
        bool prime_hangs;       /* the worker is killed at its deadline and stays in the kernel */
        FakeAdapters *adapters; /* what the worker works on; NULL: it finds nothing to do */
        usec_t read_delay;      /* of addresses; USEC_INFINITY: somebody holds RTNL */
        bool attach_fails;
        bool in_bond;         /* the home is above both adapters... */
        bool balances;        /* both adapters can carry traffic at once */
        bool meddled;         /* somebody else took away what the steering needs, and it put it back */
        bool foreign;         /* ...and somebody else has just made the other one the active port */
        const char *obstacle; /* nothing can be moved, and why */
        const char *conflict; /* what works against the pair */
        bool identity_known;  /* what goes with the primary's device */
        int identity_result;  /* of moving that; negative: it fails */
        usec_t identity_delay;
        uint64_t lost;
        usec_t revert_after; /* of requests */

        /* what the pair did */
        SteeringPath path; /* kept by the "kernel" when the daemon dies */
        SteeringPath moving_to;
        bool balanced;
        bool moving;
        usec_t moved_at;
        unsigned n_begun, n_begun_now;
        bool reading; /* addresses */
        usec_t read_at;
        unsigned n_read, n_refreshed; /* begun; taken over by the steering */
        bool prime_running;
        PairPriming prime_what;
        usec_t prime_at;
        unsigned n_primed, n_looked, n_cancelled;
        PrimeRequest prime_request;
        PrimePlan *prime_before;
        PrimePlan *planned; /* what the worker said it would do */
        unsigned n_kept;    /* how often it waited for that to be kept */
        PrimeContention prime_contention;
        bool prime_lingers;
        bool identity_running;
        PairIdentityTask identity_task;
        usec_t identity_at;
        unsigned n_identity[_PAIR_IDENTITY_TASK_MAX]; /* how often each was begun */
        bool identity_resumed;                        /* the last one */
        usec_t wake;
        EventKind events[WORLD_EVENTS_MAX];
        size_t n_events;
        char text[_EVENT_KIND_MAX][ERROR_TEXT_MAX]; /* what the last one of each kind said */
        PairState states[WORLD_EVENTS_MAX];         /* each state entered, in order */
        size_t n_states;
        MoveRecord started, finished;
        unsigned n_started, n_finished;
        PairMemory memory;
        bool saved;
        PrimePlan *saved_plan;
        void (*heard)(const World *w, EventKind kind, PairSide side); /* what was told; may be NULL */
};

/* Before, during and after a move to the standby. */
extern const SteeringPath guard, split, switched;

/* Two links with carrier, a proved spare, no hold-off: everything well. */
void world_init(World *w);
/* Creates the pair (from memory, if it was saved) and lets it find its links. */
void world_start(World *w);
/* The same, and a second later it is primed, with traffic on the primary. */
void world_begin(World *w);
/* An alarm on that adapter, for an hour. */
void world_alarm(World *w, PairSide side);
/* The daemon dies at once; the kernel's state stays. */
void world_kill(World *w);
void world_done(World *w);

/* Time goes on, with a dispatch at each sample interval and whenever the pair asked for one. */
void world_run(World *w, usec_t duration);
/* Gives the pair adapters with settings: see fake-adapter.h. Before world_start(). */
void world_add_adapters(World *w);
/* Somebody changes a setting, and the kernel tells. */
void world_set(World *w, PairSide side, AdapterAttribute attribute, uint64_t value);
uint64_t world_get(World *w, PairSide side, AdapterAttribute attribute);
/* The driver that hung comes back. */
void world_prime_returns(World *w);
void world_set_carrier(World *w, PairSide side, bool carrier);
void world_set_exists(World *w, PairSide side, bool exists);
PairState world_state(const World *w);
unsigned world_count(const World *w, EventKind kind);
bool world_saw(const World *w, EventKind kind);
bool world_entered(const World *w, PairState state);

/* The answer to the last request. */
typedef struct Answer {
        unsigned n;
        bool ok;
        ErrorKind kind;
        char text[ERROR_TEXT_MAX];
        MoveRecord record, back;
        size_t n_steps;
} Answer;

int world_request(World *w, PairVerb verb, bool force, Answer *answer, Error *e);
/* Asks, and is answered well within a second. */
void world_ask(World *w, PairVerb verb);
/* Whether the spare is configured like that. */
bool world_spare_equals(World *w, const AdapterProfile *profile);
/* Whatever was done: nothing was ever written to a primary that serves. */
void world_assert_untouched(World *w);
