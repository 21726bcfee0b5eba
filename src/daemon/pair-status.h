/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What is told about pairs and adapters, as values: the bus, the journal and tests read these, never the
 * daemon's own structures. Times named *_realtime are CLOCK_REALTIME, for people; the rest CLOCK_MONOTONIC or
 * durations, in usec. */

#include "ether-address.h"
#include "health-predictor.h"
#include "link-trouble.h"
#include "module-diagnostics.h"
#include "pair-aim.h"
#include "pair-policy.h"
#include "shared-fate.h"

#define PAIR_REASONS_MAX 8
#define EVIDENCE_MAX     _SIGNAL_MAX
#define MOVE_HISTORY_MAX 64 /* per pair */

typedef enum MoveResult {
        MOVE_UNDER_WAY,
        MOVE_DONE,
        MOVE_SPLIT,  /* ingress moved, egress stays as the policy says */
        MOVE_UNDONE, /* ingress was not seen to follow, or it was reverted */
        MOVE_FAILED,
        MOVE_INTERRUPTED, /* the daemon was restarted meanwhile */
        _MOVE_RESULT_MAX,
        _MOVE_RESULT_INVALID = -EINVAL,
} MoveResult;

DECLARE_STRING_TABLE(move_trigger, MoveTrigger);
DECLARE_STRING_TABLE(move_result, MoveResult);

/* Why the spare is not configured like the serving adapter by itself, although the policy would have it so. */
typedef enum PairPrimeHold {
        PRIME_HOLD_NONE,
        PRIME_HOLD_REVERTED, /* a person wanted it otherwise; until there is evidence or it is asked for */
        PRIME_HOLD_HUNG,     /* the driver did not return; until it is asked for */
        PRIME_HOLD_KEPT, /* it was set while it served, on purpose; until it serves again, or it is asked for */
        _PAIR_PRIME_HOLD_MAX,
        _PAIR_PRIME_HOLD_INVALID = -EINVAL,
} PairPrimeHold;

/* Where the primary's addresses, routes and VLANs are, which go with its device when that is removed. */
typedef enum PairIdentity {
        PAIR_IDENTITY_HOME,    /* on the primary (or the bond), as ever */
        PAIR_IDENTITY_WANTED,  /* the primary is gone, and they are to be put on the standby */
        PAIR_IDENTITY_PUTTING, /* on their way there */
        PAIR_IDENTITY_AWAY,    /* on the standby */
        PAIR_IDENTITY_LOST,    /* that device is gone, too */
        PAIR_IDENTITY_TAKING,  /* on their way back */
        _PAIR_IDENTITY_MAX,
        _PAIR_IDENTITY_INVALID = -EINVAL,
} PairIdentity;

DECLARE_STRING_TABLE(pair_identity, PairIdentity);

/* One move of traffic, from its cause to its end. */
typedef struct MoveRecord {
        uint64_t id; /* counts up per pair; 0: there was none */
        usec_t realtime;
        char from[IFNAMSIZ], to[IFNAMSIZ];
        MoveTrigger trigger;
        MoveResult result;
        char reason[PAIR_REASON_MAX]; /* the evidence, or what the person said */
        uint64_t lost; /* as far as the host can know: probes that went missing during the move */
        uint64_t duplicated, reordered;
        usec_t detect_usec;   /* first sign (evidence or notice) to decision */
        usec_t prime_usec;    /* of the last priming before the move */
        usec_t ingress_usec;  /* decision to ingress seen on the other adapter */
        usec_t egress_usec;   /* egress asked to egress moved */
        usec_t duration_usec; /* decision to end */
} MoveRecord;

typedef struct SignalValue {
        bool set;
        double value;
        usec_t at;
} SignalValue;

/* An adapter's pluggable module as last read. */
typedef struct ModuleStatus {
        ModuleDiagnostics diagnostics; /* kind NULL: there is none, or none that is known */
        usec_t read_at;                /* 0: never */
        unsigned failed;               /* readings in a row since then */
        char error[PAIR_REASON_MAX];   /* of the last one; empty: it was read, or the driver has no modules */
} ModuleStatus;

typedef struct AdapterStatus {
        char name[IFNAMSIZ]; /* as in the policy while absent */
        int ifindex;         /* 0 while absent */
        char pair[PAIR_NAME_MAX + 1];
        PairSide side;
        bool serving;
        bool ingress, egress; /* which traffic it carries now */
        bool up, carrier;
        char operstate[16];
        char driver[32];
        char bus_path[56];
        EtherAddress address, permanent_address;
        uint64_t bit_rate; /* bit/s, 0 unknown */
        bool full_duplex;
        LinkTrouble trouble; /* why it has no carrier, though it is up */
        unsigned mtu;
        EvidenceLevel health;
        double risk;
        Evidence evidence[EVIDENCE_MAX];
        size_t n_evidence;
        SignalValue values[_SIGNAL_MAX];
        uint64_t ingress_frames, egress_frames; /* counted by the steering */
        bool proved;                            /* its path was proved within the last check interval */
        char proof[PAIR_REASON_MAX];            /* by what, or why not */
        ModuleStatus module;
        LldpNeighbour neighbour; /* at the other end of its cable */
} AdapterStatus;

typedef struct PairStatus {
        char name[PAIR_NAME_MAX + 1];
        char description[PAIR_DESCRIPTION_MAX];
        char policy_file[256];
        PairMode mode;
        char steering[16]; /* the backend in use, "none" while there is none */
        PairState state;
        usec_t state_since_realtime;
        char adapter[_PAIR_SIDE_MAX][IFNAMSIZ];
        PairSide serving, ingress, egress;
        bool balanced; /* both adapters carry traffic; ingress and egress name the one that serves */
        bool protected_;
        char reasons[PAIR_REASONS_MAX]
                    [PAIR_REASON_MAX]; /* why not protected, or what stands in the way of a move */
        size_t n_reasons;
        double risk; /* of the serving adapter */
        bool primed;
        usec_t primed_realtime;
        char prime_hold_reason[PAIR_REASON_MAX]; /* empty: priming goes on by itself */
        bool held;
        char hold_reason[PAIR_REASON_MAX];
        usec_t hold_until_realtime; /* USEC_INFINITY: until released; 0: not held */
        unsigned n_inhibitors;
        usec_t revert_realtime; /* of a move that awaits its confirmation; 0: none does */
        char conflict[PAIR_REASON_MAX];
        char shared[_SHARED_FATE_MAX][PAIR_REASON_MAX]; /* what one fault would take away together */
        size_t n_shared;
        uint64_t switch_count;
        MoveRecord last_switch;
} PairStatus;
