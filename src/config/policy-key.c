/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy-key.h"

const PolicyType policy_type_mapping = { .name = "mapping" };

/* A table's places are all in PairPolicy. */
#define AT(member) .offset = offsetof(PairPolicy, member)

static const PolicyKey prime_items_keys[] = {
        { "exclude", &policy_type_prime_exclude, AT(prime_items.exclude), .example = "[rings]" },
        { "include", &policy_type_prime_include, AT(prime_items.include), .example = "[pause]" },
        {},
};

/* settle: 0 moves egress as soon as ingress was seen; an hour is longer than any watch of a split. */
static const PolicyKey handover_keys[] = {
        { "egress", &policy_type_egress, AT(egress), .example = "settled" },
        { "settle", &policy_type_time, AT(settle), .max = USEC_PER_HOUR, .example = "2s" },
        {},
};

static const PolicyKey failback_keys[] = {
        { "mode", &policy_type_failback, AT(failback), .example = "manual" },
        { "after", &policy_type_time, AT(failback_after), .max = 7 * USEC_PER_DAY, .example = "10min" },
        {},
};

/* every: below 10 ms the probes of many pairs are a load of their own; above a minute they prove nothing. */
static const PolicyKey probe_keys[] = {
        { "targets", &policy_type_targets, AT(probe), .example = "[gateway]" },
        { "beacon", &policy_type_boolean, AT(probe.beacon), .example = "yes" },
        { "every", &policy_type_time, AT(probe.every), .min = 10 * USEC_PER_MSEC, .max = USEC_PER_MINUTE,
                        .example = "50ms" },
        { "timeout", &policy_type_time, AT(probe.timeout), .min = 10 * USEC_PER_MSEC, .max = 10 * USEC_PER_SEC,
                        .example = "150ms" },
        { "mtu", &policy_type_boolean, AT(probe.mtu), .example = "yes" },
        { "vlans", &policy_type_boolean, AT(probe.vlans), .example = "yes" },
        { "lose", &policy_type_number, AT(probe.lose), .min = 1, .max = 100, .example = "3" },
        {},
};

static const PolicyKey health_keys[] = {
        { "sample", &policy_type_time, AT(sample), .min = 10 * USEC_PER_MSEC, .max = USEC_PER_MINUTE,
                        .example = "250ms" },
        { "signals", &policy_type_signals, AT(signals), .example = "{rx-power: {warn: -12dBm}}" },
        {},
};

/* max-per-hour: 0 never moves without being asked, except when the serving adapter is dead. */
static const PolicyKey budget_keys[] = {
        { "min-interval", &policy_type_time, AT(budget.min_interval), .max = USEC_PER_DAY, .example = "60s" },
        { "max-per-hour", &policy_type_number, AT(budget.max_per_hour), .max = 1000, .example = "4" },
        { "hold-off", &policy_type_time, AT(budget.hold_off), .max = USEC_PER_HOUR, .example = "20s" },
        {},
};

#define MAPPING(name, of) .key = (name), .type = &policy_type_mapping, .keys = (of)

const PolicyKey policy_pair_keys[] = {
        { "description", &policy_type_text, AT(description), .max = PAIR_DESCRIPTION_MAX - 1,
                        .example = "Uplink of rack 12", .pair_only = true },
        { "primary", &policy_type_adapter, AT(adapter[SIDE_PRIMARY]), .example = "eth0", .pair_only = true,
                        .required = true },
        { "standby", &policy_type_adapter, AT(adapter[SIDE_STANDBY]), .example = "eth1", .pair_only = true,
                        .required = true },
        { "mode", &policy_type_mode, AT(mode), .example = "act" },
        { "steering", &policy_type_steering, AT(steering), .example = "auto" },
        { "prime", &policy_type_prime, AT(prime), .example = "always" },
        { MAPPING("prime-items", prime_items_keys), .example = "{exclude: [rings]}" },
        { MAPPING("handover", handover_keys), .example = "{egress: settled, settle: 2s}" },
        { MAPPING("failback", failback_keys), .example = "{mode: manual, after: 10min}" },
        { MAPPING("probe", probe_keys), .example = "{targets: [gateway], every: 50ms}" },
        { MAPPING("health", health_keys), .example = "{sample: 250ms}" },
        { MAPPING("budget", budget_keys), .example = "{min-interval: 60s, max-per-hour: 4}" },
        {},
};
