/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The configuration of an adapter as it was observed at one moment: a value, never a wish (the wish is a
 * PrimePlan). What the adapter does not offer, or the kernel did not say, is not set. All of it is bounded;
 * queues, CPUs and entries beyond the bounds are left out and `truncated` says so. */

#include <net/if.h>

#include "adapter-attribute.h"

#define ADAPTER_QUEUES_MAX   256
#define ADAPTER_CPUS_MAX     1024
#define ADAPTER_MASK_WORDS   (ADAPTER_CPUS_MAX / 64)
#define ADAPTER_VALUE_WORDS  24 /* the largest is a struct ethtool_rx_flow_spec of 168 bytes */
#define ADAPTER_BYTES_MAX    (ADAPTER_VALUE_WORDS * 8)
#define ADAPTER_ENTRIES_MAX  2048
#define ADAPTER_FEATURES_MAX 128
#define ADAPTER_NAME_MAX     32 /* ETH_GSTRING_LEN of linux/ethtool.h: feature and driver names, NUL included */

/* A number is word[0]; a mask has bit n in word[n / 64]; bytes are in memory order, zero from `size` on. */
typedef struct AdapterValue {
        bool set;
        bool absent;  /* set too: there is no such entry in the list, and writing this removes it */
        uint8_t size; /* of FORMAT_BYTES, at most ADAPTER_BYTES_MAX */
        uint64_t word[ADAPTER_VALUE_WORDS];
} AdapterValue;

typedef struct AdapterFeature {
        char name[ADAPTER_NAME_MAX]; /* empty: no such bit */
        bool hw;                     /* the driver lets it be changed (dev->hw_features) */
        bool wanted;                 /* asked for by a user (dev->wanted_features) */
        bool active;                 /* in force (dev->features) */
        bool nochange;               /* the kernel lets nobody change it */
} AdapterFeature;

/* A setting addressed by name or place. */
typedef struct AdapterEntry {
        AdapterAttribute attribute;
        unsigned place;              /* 0 where the attribute has none */
        char name[ADAPTER_NAME_MAX]; /* empty for SCOPE_PLACE */
        AdapterValue value;
} AdapterEntry;

typedef struct AdapterProfile {
        int ifindex;
        char name[IFNAMSIZ];
        char driver[ADAPTER_NAME_MAX];  /* of the bus device; of a virtual adapter its kind */
        char kind[ADAPTER_NAME_MAX];    /* IFLA_INFO_KIND: "veth", "tun", empty for hardware */
        char port_of[ADAPTER_NAME_MAX]; /* IFLA_INFO_SLAVE_KIND: "bond", "bridge", empty for no port */
        unsigned n_tx_queues, n_rx_queues;
        bool truncated;
        AdapterValue value[_ADAPTER_ATTRIBUTE_MAX]; /* SCOPE_DEVICE and limits */
        AdapterValue xps_cpus[ADAPTER_QUEUES_MAX], xps_rxqs[ADAPTER_QUEUES_MAX];
        AdapterValue rps_cpus[ADAPTER_QUEUES_MAX], rps_flow_count[ADAPTER_QUEUES_MAX];
        AdapterFeature feature[ADAPTER_FEATURES_MAX]; /* by the kernel's bit number */
        size_t n_entries;
        AdapterEntry entry[ADAPTER_ENTRIES_MAX]; /* ordered by attribute, name, place; only n_entries are used
                                                  */
} AdapterProfile;

/* One setting to be written. */
typedef struct AdapterChange {
        AdapterAttribute attribute;
        unsigned place;              /* the queue, or as in AdapterEntry */
        char name[ADAPTER_NAME_MAX]; /* SCOPE_NAME */
        AdapterValue value;
} AdapterChange;

/* Empty, nothing set; about 800 kB, so it lives on the heap. NULL without memory. */
AdapterProfile *adapter_profile_new(void);
/* NULL is fine; returns NULL. */
AdapterProfile *adapter_profile_free(AdapterProfile *p);
DEFINE_CLEANUP(AdapterProfile *, adapter_profile_free);

/* Forgets everything that belongs to these items (a bit per PrimeItemId), before they are read again. */
void adapter_profile_clear(AdapterProfile *p, uint64_t items);

/* Same configuration; identity (name, ifindex) does not count. */
bool adapter_profile_equal(const AdapterProfile *a, const AdapterProfile *b);

/* Where the value of a setting is kept; place is the queue of a per-queue one, name is for SCOPE_NAME and may
 * otherwise be NULL. NULL for a queue out of bounds, an entry that is not there, and ATTRIBUTE_FEATURE. */
AdapterValue *adapter_profile_at(AdapterProfile *p, AdapterAttribute a, unsigned place, const char *name);
const AdapterValue *adapter_profile_get(
                const AdapterProfile *p, AdapterAttribute a, unsigned place, const char *name);

/* The entry, made when it is not there. NULL, and the profile is `truncated`, when there is no room for it or
 * the name does not fit. Valid until the next call, as are the results of the others. */
AdapterValue *adapter_profile_add(AdapterProfile *p, AdapterAttribute a, unsigned place, const char *name);

/* Takes the entry away; nothing when there is none. */
void adapter_profile_remove(AdapterProfile *p, AdapterAttribute a, unsigned place, const char *name);

/* The entries of one attribute follow one another: the first, and how many there are in *ret_n. */
const AdapterEntry *adapter_profile_entries(const AdapterProfile *p, AdapterAttribute a, size_t *ret_n);

/* The value of a setting as it is: a listed one that is not there is `absent` where the adapter has such a
 * list, everything else that is not there is not set. Not for ATTRIBUTE_FEATURE. */
AdapterValue adapter_profile_value(
                const AdapterProfile *p, AdapterAttribute a, unsigned place, const char *name);

/* The feature of that name, or NULL. */
const AdapterFeature *adapter_profile_feature(const AdapterProfile *p, const char *name);

static inline AdapterValue adapter_value_number(uint64_t n) {
        return (AdapterValue){ .set = true, .word = { n } };
}

static inline AdapterValue adapter_value_absent(void) {
        return (AdapterValue){ .set = true, .absent = true };
}

/* A copy of size bytes; what is beyond ADAPTER_BYTES_MAX is cut off. */
AdapterValue adapter_value_bytes(const void *bytes, size_t size);
static inline const uint8_t *adapter_value_data(const AdapterValue *v) {
        return (const uint8_t *) v->word;
}

/* Both unset counts as equal. */
bool adapter_value_equal(const AdapterValue *a, const AdapterValue *b);
bool adapter_value_is_zero(const AdapterValue *v);

/* Takes away the bits from n on; says whether that changed anything. */
bool adapter_value_truncate(AdapterValue *v, unsigned n);

/* A mask as sysfs writes them: hexadecimal, most significant first, commas every 32 bits. -EINVAL when it is
 * none, -ERANGE when a bit is set beyond ADAPTER_CPUS_MAX. */
int adapter_value_parse_mask(const char *s, AdapterValue *ret);

#define ADAPTER_VALUE_TEXT_MAX 400
/* "1500", "on", "ff,00000003", "6d5a56da"; "-" when not set, "none" when absent. Returns buffer. */
const char *adapter_value_format(
                char buffer[static ADAPTER_VALUE_TEXT_MAX], const AdapterValue *v, AdapterFormat format);
