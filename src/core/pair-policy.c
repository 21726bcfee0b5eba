/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pair-policy.h"

static const char *const pair_side_table[_PAIR_SIDE_MAX] = {
        [SIDE_PRIMARY] = "primary",
        [SIDE_STANDBY] = "standby",
};
static const char *const pair_mode_table[_PAIR_MODE_MAX] = {
        [MODE_ACT] = "act",
        [MODE_OBSERVE] = "observe",
};
static const char *const steering_kind_table[_STEERING_KIND_MAX] = {
        [STEERING_AUTO] = "auto",
        [STEERING_BOND] = "bond",
        [STEERING_REDIRECT] = "redirect",
};
static const char *const prime_mode_table[_PRIME_MODE_MAX] = {
        [PRIME_ALWAYS] = "always",
        [PRIME_PREDICTED] = "predicted",
};
static const char *const egress_mode_table[_EGRESS_MODE_MAX] = {
        [EGRESS_SETTLED] = "settled",
        [EGRESS_ON_FAILURE] = "on-failure",
        [EGRESS_WITH_INGRESS] = "with-ingress",
};
static const char *const failback_mode_table[_FAILBACK_MODE_MAX] = {
        [FAILBACK_MANUAL] = "manual",
        [FAILBACK_AUTO] = "auto",
        [FAILBACK_NEVER] = "never",
};

DEFINE_STRING_TABLE(pair_side, PairSide);
DEFINE_STRING_TABLE(pair_mode, PairMode);
DEFINE_STRING_TABLE(steering_kind, SteeringKind);
DEFINE_STRING_TABLE(prime_mode, PrimeMode);
DEFINE_STRING_TABLE(egress_mode, EgressMode);
DEFINE_STRING_TABLE(failback_mode, FailbackMode);

void pair_policy_init(PairPolicy *p) {
        *p = (PairPolicy) {
                .mode = MODE_ACT,
                .steering = STEERING_AUTO,
                .prime = PRIME_ALWAYS,
                .egress = EGRESS_SETTLED,
                .settle = 2 * USEC_PER_SEC,
                .failback = FAILBACK_MANUAL,
                .failback_after = 10 * USEC_PER_MINUTE,
                .probe = {
                        .targets = { { .family = AF_UNSPEC } },
                        .n_targets = 1,
                        .beacon = true,
                        .every = 50 * USEC_PER_MSEC,
                        .timeout = 150 * USEC_PER_MSEC,
                        .mtu = true,
                        .vlans = true,
                        .lose = 3,
                },
                .sample = 250 * USEC_PER_MSEC,
                .budget = {
                        .min_interval = 60 * USEC_PER_SEC,
                        .max_per_hour = 4,
                        .hold_off = 20 * USEC_PER_SEC,
                },
        };
}

static bool adapter_match_equal(const AdapterMatch *a, const AdapterMatch *b) {
        return a->kind == b->kind && streq(a->text, b->text);
}

static bool signal_threshold_equal(const SignalThreshold *a, const SignalThreshold *b) {
        return a->set == b->set && (!a->set || (a->value == b->value && a->per == b->per));
}

static bool signal_policy_equal(const SignalPolicy *a, const SignalPolicy *b) {
        return a->ignore == b->ignore && signal_threshold_equal(&a->warn, &b->warn) &&
                        signal_threshold_equal(&a->alarm, &b->alarm);
}

bool probe_target_equal(const ProbeTarget *a, const ProbeTarget *b) {
        if (a->family != b->family)
                return false;
        if (a->family == AF_INET)
                return a->in.s_addr == b->in.s_addr;
        return a->family != AF_INET6 || memcmp(&a->in6, &b->in6, sizeof(a->in6)) == 0;
}

bool probe_policy_equal(const ProbePolicy *a, const ProbePolicy *b) {
        if (a->n_targets != b->n_targets || a->beacon != b->beacon || a->every != b->every ||
                        a->timeout != b->timeout || a->mtu != b->mtu || a->vlans != b->vlans ||
                        a->lose != b->lose)
                return false;
        for (size_t i = 0; i < a->n_targets; i++)
                if (!probe_target_equal(a->targets + i, b->targets + i))
                        return false;
        return true;
}

bool pair_policy_equal(const PairPolicy *a, const PairPolicy *b) {
        for (PairSide s = 0; s < _PAIR_SIDE_MAX; s++)
                if (!adapter_match_equal(a->adapter + s, b->adapter + s))
                        return false;
        for (Signal s = 0; s < _SIGNAL_MAX; s++)
                if (!signal_policy_equal(a->signals + s, b->signals + s))
                        return false;
        return streq(a->name, b->name) && streq(a->description, b->description) && a->mode == b->mode &&
                        a->steering == b->steering && a->prime == b->prime &&
                        prime_items_equal(&a->prime_items, &b->prime_items) && a->egress == b->egress &&
                        a->settle == b->settle && a->failback == b->failback &&
                        a->failback_after == b->failback_after && probe_policy_equal(&a->probe, &b->probe) &&
                        a->sample == b->sample && a->budget.min_interval == b->budget.min_interval &&
                        a->budget.max_per_hour == b->budget.max_per_hour &&
                        a->budget.hold_off == b->budget.hold_off;
}
