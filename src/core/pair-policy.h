/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What an operator asked for a pair: the YAML of primed.policy(5) as a value, with every default filled in. */

#include <net/if.h>
#include <netinet/in.h>

#include "ether-address.h"
#include "health-signal.h"
#include "prime-item.h"

#define PAIR_NAME_MAX        32 /* characters: [a-z0-9][a-z0-9._-]{0,31} */
#define PAIR_DESCRIPTION_MAX 128
#define PAIR_TARGETS_MAX     8
#define PRIME_ITEMS_MAX      64
#define POLICY_PATH_MAX      4096

typedef enum PairSide {
        SIDE_PRIMARY,
        SIDE_STANDBY,
        _PAIR_SIDE_MAX,
        _PAIR_SIDE_INVALID = -EINVAL,
} PairSide;

static inline PairSide pair_side_other(PairSide s) {
        return s == SIDE_PRIMARY ? SIDE_STANDBY : SIDE_PRIMARY;
}

typedef enum PairMode {
        MODE_ACT,
        MODE_OBSERVE, /* everything but touch */
        _PAIR_MODE_MAX,
        _PAIR_MODE_INVALID = -EINVAL,
} PairMode;

typedef enum SteeringKind {
        STEERING_AUTO,
        STEERING_BOND,
        STEERING_REDIRECT,
        _STEERING_KIND_MAX,
        _STEERING_KIND_INVALID = -EINVAL,
} SteeringKind;

typedef enum PrimeMode {
        PRIME_ALWAYS,
        PRIME_PREDICTED,
        _PRIME_MODE_MAX,
        _PRIME_MODE_INVALID = -EINVAL,
} PrimeMode;

typedef enum EgressMode {
        EGRESS_SETTLED,
        EGRESS_ON_FAILURE, /* as in the patent: egress stays until the serving adapter really fails */
        EGRESS_WITH_INGRESS,
        _EGRESS_MODE_MAX,
        _EGRESS_MODE_INVALID = -EINVAL,
} EgressMode;

typedef enum FailbackMode {
        FAILBACK_MANUAL,
        FAILBACK_AUTO,
        FAILBACK_NEVER,
        _FAILBACK_MODE_MAX,
        _FAILBACK_MODE_INVALID = -EINVAL,
} FailbackMode;

DECLARE_STRING_TABLE(pair_side, PairSide);
DECLARE_STRING_TABLE(pair_mode, PairMode);
DECLARE_STRING_TABLE(steering_kind, SteeringKind);
DECLARE_STRING_TABLE(prime_mode, PrimeMode);
DECLARE_STRING_TABLE(egress_mode, EgressMode);
DECLARE_STRING_TABLE(failback_mode, FailbackMode);

/* How a policy names an adapter. */
typedef enum AdapterMatchKind {
        ADAPTER_BY_NAME,
        ADAPTER_BY_MAC,  /* permanent address */
        ADAPTER_BY_PATH, /* bus path as udev says it: pci-0000:3b:00.0 */
        _ADAPTER_MATCH_KIND_MAX,
        _ADAPTER_MATCH_KIND_INVALID = -EINVAL,
} AdapterMatchKind;

typedef struct AdapterMatch {
        AdapterMatchKind kind;
        char text[64];       /* as written in the policy */
        char name[IFNAMSIZ]; /* ADAPTER_BY_NAME */
        EtherAddress mac;    /* ADAPTER_BY_MAC */
        char path[56];       /* ADAPTER_BY_PATH, without "path:" */
} AdapterMatch;

typedef struct ProbeTarget {
        int family; /* AF_INET, AF_INET6, or AF_UNSPEC for "gateway" */
        union {
                struct in_addr in;
                struct in6_addr in6;
        };
} ProbeTarget;

typedef struct ProbePolicy {
        ProbeTarget targets[PAIR_TARGETS_MAX];
        size_t n_targets;
        bool beacon;
        usec_t every;
        usec_t timeout;
        bool mtu, vlans; /* the spare is to be proved for frames as long as the MTU, and of each VLAN */
        unsigned lose;   /* lost in a row before a path counts as broken */
} ProbePolicy;

typedef struct BudgetPolicy {
        usec_t min_interval;
        unsigned max_per_hour;
        usec_t hold_off; /* no automatic move this long after start or resume */
} BudgetPolicy;

typedef struct PairPolicy {
        char name[PAIR_NAME_MAX + 1];
        char description[PAIR_DESCRIPTION_MAX];
        char file[256]; /* where it was defined */
        unsigned line;
        AdapterMatch adapter[_PAIR_SIDE_MAX];
        PairMode mode;
        SteeringKind steering;
        PrimeMode prime;
        PrimeItems prime_items;
        EgressMode egress;
        usec_t settle;
        FailbackMode failback;
        usec_t failback_after;
        ProbePolicy probe;
        usec_t sample;
        SignalPolicy signals[_SIGNAL_MAX];
        BudgetPolicy budget;
} PairPolicy;

/* The built-in defaults: everything but name and adapters. */
void pair_policy_init(PairPolicy *p);

bool probe_target_equal(const ProbeTarget *a, const ProbeTarget *b);
bool probe_policy_equal(const ProbePolicy *a, const ProbePolicy *b);

/* Same in every respect that matters to a running pair (file and line do not). */
bool pair_policy_equal(const PairPolicy *a, const PairPolicy *b);
