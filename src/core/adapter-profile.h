/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The configuration of an adapter as it was observed at one moment: a value, never a wish (the wish is a
 * PrimePlan). What the adapter does not offer, or the kernel did not say, is not set. All of it is bounded;
 * queues and CPUs beyond the bounds are left out and `truncated` says so. */

#include <net/if.h>

#include "adapter-attribute.h"

#define ADAPTER_QUEUES_MAX   256
#define ADAPTER_CPUS_MAX     1024
#define ADAPTER_VALUE_WORDS  (ADAPTER_CPUS_MAX / 64)
#define ADAPTER_FEATURES_MAX 128
#define ADAPTER_NAME_MAX     32 /* ETH_GSTRING_LEN of linux/ethtool.h: feature and driver names, NUL included */

/* A number is word[0]; a mask has bit n in word[n / 64]. */
typedef struct AdapterValue {
        bool set;
        uint64_t word[ADAPTER_VALUE_WORDS];
} AdapterValue;

typedef struct AdapterFeature {
        char name[ADAPTER_NAME_MAX]; /* empty: no such bit */
        bool hw;                     /* the driver lets it be changed (dev->hw_features) */
        bool wanted;                 /* asked for by a user (dev->wanted_features) */
        bool active;                 /* in force (dev->features) */
        bool nochange;               /* the kernel lets nobody change it */
} AdapterFeature;

typedef struct AdapterProfile {
        int ifindex;
        char name[IFNAMSIZ];
        char driver[ADAPTER_NAME_MAX]; /* of the bus device; of a virtual adapter its kind */
        char kind[ADAPTER_NAME_MAX];   /* IFLA_INFO_KIND: "veth", "tun", empty for hardware */
        unsigned n_tx_queues, n_rx_queues;
        bool truncated;
        AdapterValue value[_ADAPTER_ATTRIBUTE_MAX]; /* SCOPE_DEVICE and limits */
        AdapterValue xps_cpus[ADAPTER_QUEUES_MAX], xps_rxqs[ADAPTER_QUEUES_MAX];
        AdapterValue rps_cpus[ADAPTER_QUEUES_MAX], rps_flow_count[ADAPTER_QUEUES_MAX];
        AdapterFeature feature[ADAPTER_FEATURES_MAX]; /* by the kernel's bit number */
} AdapterProfile;

/* One setting to be written. */
typedef struct AdapterChange {
        AdapterAttribute attribute;
        unsigned queue;                 /* SCOPE_TX_QUEUE, SCOPE_RX_QUEUE */
        char feature[ADAPTER_NAME_MAX]; /* ATTRIBUTE_FEATURE */
        AdapterValue value;
} AdapterChange;

/* Empty, nothing set; about 150 kB, so it lives on the heap. NULL without memory. */
AdapterProfile *adapter_profile_new(void);
/* NULL is fine; returns NULL. */
AdapterProfile *adapter_profile_free(AdapterProfile *p);
DEFINE_CLEANUP(AdapterProfile *, adapter_profile_free);

/* Forgets everything that belongs to these items (a bit per PrimeItemId), before they are read again. */
void adapter_profile_clear(AdapterProfile *p, uint64_t items);

/* Same configuration; identity (name, ifindex) does not count. */
bool adapter_profile_equal(const AdapterProfile *a, const AdapterProfile *b);

/* Where the value of an attribute is kept (queue matters for per-queue ones only); NULL for a queue out of
 * bounds and for ATTRIBUTE_FEATURE. */
AdapterValue *adapter_profile_at(AdapterProfile *p, AdapterAttribute a, unsigned queue);
const AdapterValue *adapter_profile_get(const AdapterProfile *p, AdapterAttribute a, unsigned queue);

/* The feature of that name, or NULL. */
const AdapterFeature *adapter_profile_feature(const AdapterProfile *p, const char *name);

static inline AdapterValue adapter_value_number(uint64_t n) {
        return (AdapterValue){ .set = true, .word = { n } };
}

/* Both unset counts as equal. */
bool adapter_value_equal(const AdapterValue *a, const AdapterValue *b);
bool adapter_value_is_zero(const AdapterValue *v);

/* Takes away the bits from n on; says whether that changed anything. */
bool adapter_value_truncate(AdapterValue *v, unsigned n);

/* A mask as sysfs writes them: hexadecimal, most significant first, commas every 32 bits. -EINVAL when it is
 * none, -ERANGE when a bit is set beyond ADAPTER_CPUS_MAX. */
int adapter_value_parse_mask(const char *s, AdapterValue *ret);

/* The inverse of adapter_value_format(), for text that a person may have written: -EINVAL for what is no such
 * value or not set, -ERANGE for one that does not fit. */
int adapter_value_parse(const char *text, AdapterFormat format, AdapterValue *ret);

#define ADAPTER_VALUE_TEXT_MAX 320
/* "1500", "on", "ff,00000003"; "-" when not set. Returns buffer. */
const char *adapter_value_format(
                char buffer[static ADAPTER_VALUE_TEXT_MAX], const AdapterValue *v, AdapterFormat format);
