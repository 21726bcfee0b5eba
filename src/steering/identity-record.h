/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What goes with the primary's device when that disappears, kept while it is still there: its IP addresses, its
 * routes, the rules that name it, its permanent neighbours, and the VLANs and macvlans on it with theirs. Held
 * as the messages the kernel told it in, so that nothing is lost on the way through structures of our own;
 * identity-codec.h makes requests of them. Bounded, no socket in here. */

#include <errno.h>
#include <linux/netlink.h>
#include <net/if.h>

#include "ether-address.h"
#include "neighbour-memory.h"
#include "time-util.h"

#define IDENTITY_RECORD_DEVICES_MAX 64 /* the primary and what lies on it */
#define IDENTITY_RECORD_ENTRIES_MAX 2048
#define IDENTITY_RECORD_BYTES_MAX   (512U * 1024) /* of messages */

typedef enum RecordKind {
        RECORD_LINK,
        RECORD_ADDRESS,
        RECORD_ROUTE,
        RECORD_RULE,
        RECORD_NEIGHBOUR, /* permanent, or proxied */
        _RECORD_KIND_MAX,
        _RECORD_KIND_INVALID = -EINVAL,
} RecordKind;

typedef struct RecordEntry {
        uint32_t kind;   /* RecordKind */
        uint32_t device; /* index of the device it belongs to */
        uint32_t made;   /* it was put on the standby by us, and was not there before */
        uint32_t offset; /* of its message; RECORD_LINK: of what the kernel told of the device */
} RecordEntry;

typedef struct RecordDevice {
        char name[IFNAMSIZ];
        int32_t ifindex;
        uint32_t lower; /* index of the device it lies on; 0 of the primary itself */
} RecordDevice;

typedef struct IdentityRecord {
        RecordDevice devices[IDENTITY_RECORD_DEVICES_MAX]; /* the primary first */
        uint32_t n_devices;
        RecordEntry *entries;
        uint32_t n_entries;
        size_t n_allocated;
        uint8_t *bytes;
        uint32_t n_bytes;
        size_t n_bytes_allocated;

        usec_t read_at;             /* CLOCK_MONOTONIC: lifetimes count from there */
        EtherAddress address;       /* the primary's */
        EtherAddress spare_address; /* the standby's own */
        bool permanent; /* both adapters have a permanent address by which they are known whatever they use */
        bool up;        /* the primary, by IFF_UP */
        bool unordered; /* a device was told of before the one it lies on: add all links again */
        bool truncated; /* there was more than fits */
} IdentityRecord;

/* For the primary of that ifindex. */
int identity_record_new(int primary, IdentityRecord **ret);
IdentityRecord *identity_record_free(IdentityRecord *r);
DEFINE_CLEANUP(IdentityRecord *, identity_record_free);

/* Which of its devices has that ifindex; -ENOENT: none. */
int identity_record_find_device(const IdentityRecord *r, int ifindex);

/* Adds what a message of a dump says of the primary or a device on it, and nothing when it is of others; links
 * first. 0, -ENOMEM; what does not fit sets r->truncated. */
int identity_record_add(IdentityRecord *r, struct nlmsghdr *h);
/* Takes the standby's own address out of its link message. */
void identity_record_add_spare(IdentityRecord *r, int standby, struct nlmsghdr *h);

static inline const struct nlmsghdr *identity_record_message(const IdentityRecord *r, const RecordEntry *e) {
        return (const struct nlmsghdr *) (const void *) (r->bytes + e->offset);
}

/* Whether a notification is about something that a record holds, or that belongs into it. */
bool identity_record_concerns(const IdentityRecord *r, struct nlmsghdr *h);

/* IP addresses of the primary itself that somebody gave it: none that the kernel makes for each link. */
bool identity_record_in_use(const IdentityRecord *r);

/* Whether that permanent neighbour, of the device of that index, is in it. */
bool identity_record_has_neighbour(const IdentityRecord *r, uint32_t device, const Neighbour *n);

/* Equal but for lifetimes and when it was read. */
bool identity_record_equal(const IdentityRecord *a, const IdentityRecord *b);

/* To bytes and back, for a file; the caller frees *ret. -EBADMSG: no record, or of another version. */
int identity_record_encode(const IdentityRecord *r, uint8_t **ret, size_t *ret_size);
int identity_record_decode(const uint8_t *data, size_t size, IdentityRecord **ret);
