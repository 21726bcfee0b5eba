/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A lossy wire for the laboratory: on a switch's port, a share of the frames vanishes. There from the start
 * with share 0 and changed by one map write, so that turning it on or off disturbs nothing by itself. Like any
 * Ethernet it knows no frames of less than 60 bytes: emulated adapters count those as errors. */

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_helpers.h>

/* Index of both maps: 0 towards the adapter (tc egress of the port), 1 from it (tc ingress). */
struct {
        __uint(type, BPF_MAP_TYPE_ARRAY);
        __uint(max_entries, 2);
        __type(key, __u32);
        __type(value, __u64); /* of 2^32: the share that is lost; 2^32 is all */
} shares SEC(".maps");

struct count {
        __u64 seen;
        __u64 lost;
        __u64 numbered; /* of the lost: datagrams of tests/tools/traffic.c */
};

struct {
        __uint(type, BPF_MAP_TYPE_ARRAY);
        __uint(max_entries, 2);
        __type(key, __u32);
        __type(value, struct count);
} counts SEC(".maps");

/* The VLAN that the port is not in, by the outermost tag; 0: it is in all. */
struct {
        __uint(type, BPF_MAP_TYPE_ARRAY);
        __uint(max_entries, 1);
        __type(key, __u32);
        __type(value, __u64);
} lacking SEC(".maps");

#define PAYLOAD_MAGIC 0x70726d64
#define UDP4_PAYLOAD  (14 + 20 + 8)
#define UDP6_PAYLOAD  (14 + 40 + 8)

static int is_numbered(struct __sk_buff *skb) {
        __u32 magic = 0;

        if (bpf_skb_load_bytes(skb, UDP4_PAYLOAD, &magic, sizeof(magic)) == 0 && magic == PAYLOAD_MAGIC)
                return 1;
        return bpf_skb_load_bytes(skb, UDP6_PAYLOAD, &magic, sizeof(magic)) == 0 && magic == PAYLOAD_MAGIC;
}

static int is_lacking(struct __sk_buff *skb) {
        __u32 only = 0;
        __u64 *vlan = bpf_map_lookup_elem(&lacking, &only);

        return vlan && *vlan != 0 && skb->vlan_present && (skb->vlan_tci & 0xfff) == *vlan;
}

static int pass(struct __sk_buff *skb, __u32 direction) {
        __u64 *share = bpf_map_lookup_elem(&shares, &direction);
        struct count *c = bpf_map_lookup_elem(&counts, &direction);

        if (!share || !c)
                return TC_ACT_OK;
        __sync_fetch_and_add(&c->seen, 1);
        if (bpf_get_prandom_u32() >= *share && !is_lacking(skb))
                return TC_ACT_OK;
        __sync_fetch_and_add(&c->lost, 1);
        if (is_numbered(skb))
                __sync_fetch_and_add(&c->numbered, 1);
        return TC_ACT_SHOT;
}

SEC("tc") int towards(struct __sk_buff *skb) {
        if (skb->len < ETH_ZLEN)
                (void) bpf_skb_change_tail(skb, ETH_ZLEN, 0);
        return pass(skb, 0);
}

SEC("tc") int from(struct __sk_buff *skb) {
        return pass(skb, 1);
}

char _license[] SEC("license") = "Dual BSD/GPL";
