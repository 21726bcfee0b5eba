// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The programs of the redirect backend: one at each hook of both adapters, one at the egress of each device on
 * top of the primary. They decide by one word, redirect_state.mode; what its bits mean together is decided in
 * redirect.c.
 *
 * Handing a frame over from the standby to the primary means bpf_redirect(BPF_F_INGRESS): the kernel's
 * dev_forward_skb() queues it to the backlog as if the primary had received it, eth_type_trans() sets the
 * packet type again, and the primary's ingress program sees it a second time. The mark survives that within one
 * network namespace (skb_scrub_packet()), so it tells handed-over frames from received ones.
 *
 * "Pass" is TC_ACT_UNSPEC, so that other programs on the same hook still run; it means the same to a TCX link
 * (TCX_NEXT) and to a classifier. */
#include <linux/bpf.h>
#include <linux/if_packet.h>
#include <linux/pkt_cls.h>
#include <stdbool.h>
#include <stddef.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "redirect-map.h"

#define PASS TC_ACT_UNSPEC
#define DROP TC_ACT_SHOT

#define MARK_HANDED  0x70726d00u
#define MARK_COUNTED 0x00000001u /* is part of redirect_state.pending */
#define MARK_SENT    0x70726d02u /* left by the standby already: this copy is for siblings alone */

#define FINGERPRINT_BYTES 128
#define FRAME_MIN         60 /* without FCS; shorter ones may or may not be padded on the way */

struct frame_head {
        __u8 destination[6];
        __u8 source[6];
        __be16 protocol;
};

struct ledger_entry {
        __u64 fingerprint;
        __u64 since;
        __u32 seen[REDIRECT_SIDES];
        __u32 delivered;
        __u32 reserved;
};

struct ledger_bucket {
        struct bpf_spin_lock lock;
        __u32 reserved;
        struct ledger_entry entry[REDIRECT_LEDGER_WAYS];
};

struct {
        __uint(type, BPF_MAP_TYPE_ARRAY);
        __uint(map_flags, BPF_F_MMAPABLE);
        __uint(max_entries, 1);
        __type(key, __u32);
        __type(value, struct redirect_state);
} state SEC(".maps");

struct {
        __uint(type, BPF_MAP_TYPE_ARRAY);
        __uint(max_entries, 1);
        __type(key, __u32);
        __type(value, struct redirect_config);
} config SEC(".maps");

struct {
        __uint(type, BPF_MAP_TYPE_HASH);
        __uint(max_entries, REDIRECT_ADDRESS_MAX);
        __type(key, struct redirect_address);
        __type(value, __u32);
} address SEC(".maps");

struct {
        __uint(type, BPF_MAP_TYPE_HASH);
        __uint(max_entries, REDIRECT_UPPER_MAX);
        __type(key, __u32);
        __type(value, struct redirect_upper);
} upper SEC(".maps");

struct {
        __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
        __uint(max_entries, 1);
        __type(key, __u32);
        __type(value, struct redirect_counters);
} counters SEC(".maps");

struct {
        __uint(type, BPF_MAP_TYPE_ARRAY);
        __uint(max_entries, REDIRECT_LEDGER_BUCKETS);
        __type(key, __u32);
        __type(value, struct ledger_bucket);
} ledger SEC(".maps");

static __always_inline __u64 frames_of(const struct __sk_buff *skb) {
        return skb->gso_segs > 1 ? skb->gso_segs : 1;
}

static __always_inline void set_flag(__u32 *flag) {
        if (!*(volatile __u32 *) flag)
                *(volatile __u32 *) flag = 1;
}

static __always_inline __u32 address_kind(const __u8 octet[6]) {
        struct redirect_address key = {};
        __u32 *kind;

        __builtin_memcpy(key.octet, octet, sizeof(key.octet));
        kind = bpf_map_lookup_elem(&address, &key);
        return kind ? *kind : 0;
}

/* Frames that belong to the port they arrive on or leave by: our beacons, and the link-local protocols of
 * IEEE 802.1Q table 8-1 (LLDP, LACP, 802.1X, STP). */
static __always_inline bool belongs_to_port(const struct frame_head *h) {
        const __u8 *d = h->destination;

        if (h->protocol == bpf_htons(REDIRECT_ETHERTYPE_BEACON) ||
                        h->protocol == bpf_htons(REDIRECT_ETHERTYPE_CHECK))
                return true;
        return d[0] == 0x01 && d[1] == 0x80 && d[2] == 0xc2 && d[3] == 0 && d[4] == 0 && (d[5] & 0xf0) == 0;
}

/* Probes sent to this adapter, and the answers to its own: the packet socket has had them, in front of this
 * hook. Further up nobody waits for them, so that the kernel would count beacons as dropped, for every
 * monitoring to see, and a bridge would flood them to its guests. */
static __always_inline bool has_arrived(
                const struct frame_head *h, const struct redirect_config *c, const int side) {
        const __u8 *d = h->destination, *station = c->station[side];

        return d[0] == station[0] && d[1] == station[1] && d[2] == station[2] && d[3] == station[3] &&
                        d[4] == station[4] && d[5] == station[5];
}

/* Reads the head of a frame that has come in. False: it is not to be steered, and the verdict is there. */
static __always_inline bool is_to_steer(struct __sk_buff *skb, const struct redirect_config *c, const int side,
                struct frame_head *head, int *verdict) {
        *verdict = PASS;
        if (bpf_skb_load_bytes(skb, 0, head, sizeof(*head)) < 0)
                return false;
        if (has_arrived(head, c, side)) {
                *verdict = DROP;
                return false;
        }
        return !belongs_to_port(head);
}

static __always_inline __u64 mix(__u64 hash, __u64 word) {
        hash = (hash ^ word) * 0x9e3779b97f4a7c15ull;
        return hash ^ (hash >> 29);
}

/* The same for both copies of a frame: over its start, its length and its VLAN, which the kernel has taken out
 * of the frame before this hook on either adapter. */
static __always_inline __u64 fingerprint(struct __sk_buff *skb, __u64 seed) {
        __u64 word[FINGERPRINT_BYTES / 8] = {};
        __u32 length = skb->len;
        __u64 hash;

#pragma unroll
        for (int i = 0; i < FINGERPRINT_BYTES / 16; i++)
                if (bpf_skb_load_bytes(skb, i * 16, &word[i * 2], 16) < 0) {
                        /* the last, partial chunk byte by byte: at most 15 */
#pragma unroll
                        for (int j = 0; j < 15; j++)
                                if (bpf_skb_load_bytes(skb, i * 16 + j, (__u8 *) &word[i * 2] + j, 1) < 0)
                                        break;
                        break;
                }
        hash = mix(seed, length < FRAME_MIN ? FRAME_MIN : length);
        hash = mix(hash, skb->vlan_present ? skb->vlan_tci & 0xfff : 0xffff);
#pragma unroll
        for (int i = 0; i < FINGERPRINT_BYTES / 8; i++)
                hash = mix(hash, word[i]);
        return hash;
}

/* Records a copy of a group-addressed frame and says whether to deliver it: only on a side that accepts, and
 * only when that side has now shown more copies than have been delivered. */
static __always_inline bool ledger_deliver(__u64 print, int side, bool accepts) {
        __u32 index = (__u32) print % REDIRECT_LEDGER_BUCKETS;
        struct ledger_bucket *bucket = bpf_map_lookup_elem(&ledger, &index);
        __u64 now = bpf_ktime_get_ns();
        struct ledger_entry *entry;
        bool deliver = false;

        if (!bucket)
                return accepts;
        bpf_spin_lock(&bucket->lock);
        entry = &bucket->entry[0];
#pragma unroll
        for (int i = 0; i < REDIRECT_LEDGER_WAYS; i++) {
                struct ledger_entry *candidate = &bucket->entry[i];

                if (candidate->fingerprint == print) {
                        entry = candidate;
                        break;
                }
                if (candidate->since < entry->since)
                        entry = candidate;
        }
        if (entry->fingerprint != print || now - entry->since > REDIRECT_LEDGER_WINDOW_NS) {
                entry->fingerprint = print;
                entry->since = now;
                entry->seen[0] = entry->seen[1] = 0;
                entry->delivered = 0;
        }
        entry->seen[side]++;
        if (accepts && entry->seen[side] > entry->delivered) {
                entry->delivered++;
                deliver = true;
        }
        bpf_spin_unlock(&bucket->lock);
        return deliver;
}

/* To the primary's stack. The primary's own frames just pass, unless some that the standby handed over before
 * are still queued: then they queue behind, so that none overtakes. */
static __always_inline int hand_up(struct __sk_buff *skb, int side, __u32 mode, struct redirect_state *s,
                const struct redirect_config *c) {
        __u32 mark = MARK_HANDED;

        if (side == REDIRECT_PRIMARY &&
                        (!(mode & REDIRECT_ORDER) || (__s64) * (volatile __u64 *) &s->pending <= 0))
                return PASS;
        if (mode & REDIRECT_ORDER) {
                __sync_fetch_and_add(&s->pending, 1);
                mark |= MARK_COUNTED;
        }
        skb->mark = mark;
        return bpf_redirect(c->ifindex[REDIRECT_PRIMARY], BPF_F_INGRESS);
}

/* A frame that hand_up() has handed over comes by the primary's hook once more. */
static __always_inline bool was_handed_up(struct __sk_buff *skb, int side, struct redirect_state *s) {
        if (side != REDIRECT_PRIMARY || (skb->mark & ~MARK_COUNTED) != MARK_HANDED)
                return false;
        if (skb->mark & MARK_COUNTED)
                __sync_fetch_and_add(&s->pending, -1);
        skb->mark = 0;
        return true;
}

static __always_inline int discard(struct __sk_buff *skb, int side, struct redirect_counters *n) {
        n->ingress_discarded[side] += frames_of(skb);
        return DROP;
}

static __always_inline int ingress_group(struct __sk_buff *skb, int side, __u32 mode, struct redirect_state *s,
                const struct redirect_config *c, struct redirect_counters *n) {
        bool accepts = mode & REDIRECT_ACCEPT_GROUP(side);

        if (mode & REDIRECT_LEDGER)
                accepts = ledger_deliver(fingerprint(skb, c->seed), side, accepts);
        if (!accepts)
                return discard(skb, side, n);
        n->ingress_group[side] += frames_of(skb);
        return hand_up(skb, side, mode, s, c);
}

static __always_inline int ingress(struct __sk_buff *skb, const int side) {
        const __u32 zero = 0;
        struct redirect_state *s = bpf_map_lookup_elem(&state, &zero);
        struct redirect_config *c = bpf_map_lookup_elem(&config, &zero);
        struct redirect_counters *n = bpf_map_lookup_elem(&counters, &zero);
        struct frame_head head;
        __u32 mode, from, kind;
        bool accepts, own;
        int verdict;

        if (!s || !c || !n)
                return PASS;
        n->ingress_seen[side]++;
        if (was_handed_up(skb, side, s))
                return PASS;
        if (!is_to_steer(skb, c, side, &head, &verdict))
                return verdict;
        set_flag(&s->received[side]);
        mode = *(volatile __u32 *) &s->mode;

        from = address_kind(head.source);
        own = from & REDIRECT_ADDRESS_OURS && (side == REDIRECT_STANDBY || mode & REDIRECT_DROP_OWN);

        if (head.destination[0] & 1)
                return own ? discard(skb, side, n) : ingress_group(skb, side, mode, s, c, n);

        kind = address_kind(head.destination);
        if (own && !(kind & REDIRECT_ADDRESS_IDENTITY))
                return discard(skb, side, n);
        /* Between macvlans: what has never been on the wire is forwarded to the device below
         * (drivers/net/macvlan.c macvlan_queue_xmit()). */
        if (side == REDIRECT_PRIMARY && from & kind & REDIRECT_ADDRESS_IDENTITY)
                return PASS;
        if (side == REDIRECT_STANDBY && kind & REDIRECT_ADDRESS_SPARE) {
                /* The standby has no IP address, so it can only be meant for one of the primary's, which the
                 * standby's stack had answered for before it was silenced (Linux's weak host model). Handed up,
                 * nothing is lost, and the sender's cache is put right by the answers. */
                bpf_skb_store_bytes(skb, 0, c->identity, sizeof(c->identity), 0);
                n->ingress_alias += frames_of(skb);
                return hand_up(skb, side, mode, s, c);
        }
        accepts = mode & REDIRECT_ACCEPT_UNICAST(side);
        if (kind & REDIRECT_ADDRESS_IDENTITY) {
                if (accepts) {
                        n->ingress_unicast[side] += frames_of(skb);
                        return hand_up(skb, side, mode, s, c);
                }
                n->ingress_stray[side] += frames_of(skb);
        } else if (side == REDIRECT_PRIMARY && accepts)
                return PASS; /* others' frames, for whoever made the adapter promiscuous */
        return discard(skb, side, n);
}

SEC("tc")
int ingress_primary(struct __sk_buff *skb) {
        return ingress(skb, REDIRECT_PRIMARY);
}

SEC("tc")
int ingress_standby(struct __sk_buff *skb) {
        return ingress(skb, REDIRECT_STANDBY);
}

/* Only the Ethernet source is rewritten: what ARP and neighbour discovery say inside stays the identity. */
SEC("tc")
int egress_primary(struct __sk_buff *skb) {
        const __u32 zero = 0;
        struct redirect_state *s = bpf_map_lookup_elem(&state, &zero);
        struct redirect_config *c = bpf_map_lookup_elem(&config, &zero);
        struct redirect_counters *n = bpf_map_lookup_elem(&counters, &zero);
        struct frame_head head;
        __u32 mode, side;

        if (!s || !c || !n)
                return PASS;
        n->egress_seen[REDIRECT_PRIMARY]++;
        if (skb->mark == MARK_SENT)
                return bpf_redirect(c->ifindex[REDIRECT_STANDBY], 0);
        if (bpf_skb_load_bytes(skb, 0, &head, sizeof(head)) < 0 || belongs_to_port(&head))
                return PASS;
        mode = *(volatile __u32 *) &s->mode;
        side = mode & REDIRECT_EGRESS_STANDBY ? REDIRECT_STANDBY : REDIRECT_PRIMARY;
        if (mode & REDIRECT_REWRITE && address_kind(head.source) & REDIRECT_ADDRESS_IDENTITY)
                bpf_skb_store_bytes(skb, offsetof(struct frame_head, source), c->station[side], 6, 0);
        n->egress[side] += frames_of(skb);
        set_flag(&s->sent[side]);
        if (side == REDIRECT_PRIMARY)
                return PASS;
        return bpf_redirect(c->ifindex[REDIRECT_STANDBY], 0);
}

/* As the VLAN device itself would (net/8021q/vlan_dev.c vlan_dev_hard_start_xmit()). */
static __always_inline void push_tag(
                struct __sk_buff *skb, const struct redirect_upper *u, const struct frame_head *h) {
        __u16 tag = u->id;

        if (h->protocol == u->protocol && !(u->flags & REDIRECT_UPPER_TAGS_ALL))
                return;
#pragma unroll
        for (__u32 i = 0; i < REDIRECT_UPPER_PRIORITIES; i++)
                if (i < u->n_priorities && u->priority[i].priority == skb->priority)
                        tag |= u->priority[i].tag;
        bpf_skb_vlan_push(skb, u->protocol, tag);
}

/* What a device on top of the primary sends goes on below it, past its own queue. With macvlan's bridge mode
 * what is for a sibling is left to the device, and what is for all goes both ways: the copy that the device
 * then sends on is led to the standby, too, and ends there (dropped here, its sender would be told of an
 * error). */
SEC("tc")
int egress_upper(struct __sk_buff *skb) {
        const __u32 zero = 0, self = skb->ifindex;
        struct redirect_state *s = bpf_map_lookup_elem(&state, &zero);
        struct redirect_upper *u = bpf_map_lookup_elem(&upper, &self);
        struct frame_head head;

        if (!s || !u || u->lower == 0)
                return PASS;
        if (skb->mark == MARK_SENT)
                return bpf_redirect(u->lower, 0);
        if (!(*(volatile __u32 *) &s->mode & REDIRECT_EGRESS_STANDBY) ||
                        bpf_skb_load_bytes(skb, 0, &head, sizeof(head)) < 0)
                return PASS;
        if (u->flags & REDIRECT_UPPER_BRIDGES) {
                if (head.destination[0] & 1) {
                        bpf_clone_redirect(skb, u->lower, 0);
                        skb->mark = MARK_SENT;
                        return PASS;
                }
                if (address_kind(head.destination) & REDIRECT_ADDRESS_IDENTITY)
                        return PASS;
        }
        if (u->protocol)
                push_tag(skb, u, &head);
        return bpf_redirect(u->lower, 0);
}

/* The standby does not speak for itself. What the primary sends through it has another source and passes. */
SEC("tc")
int egress_standby(struct __sk_buff *skb) {
        const __u32 zero = 0;
        struct redirect_counters *n = bpf_map_lookup_elem(&counters, &zero);
        struct frame_head head;

        if (n)
                n->egress_seen[REDIRECT_STANDBY]++;
        if (skb->mark == MARK_SENT)
                return DROP;
        if (bpf_skb_load_bytes(skb, 0, &head, sizeof(head)) < 0 || belongs_to_port(&head))
                return PASS;
        return address_kind(head.source) & REDIRECT_ADDRESS_SPARE ? DROP : PASS;
}

#include "bond.bpf.h"

#include "aggregate.bpf.h"

char _license[] SEC("license") = "Dual BSD/GPL";
