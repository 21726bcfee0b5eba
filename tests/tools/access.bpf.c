/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a switch's access port does, for an end whose kernel has no VLAN devices: on the end's own adapter,
 * whatever it sends gets the tags of a VLAN, or of one within another; of what comes in only such frames pass,
 * untagged. */

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define TAGS 2

/* Innermost first: the tag's ethertype in bits 16 to 31, its id below; 0: no more. */
struct {
        __uint(type, BPF_MAP_TYPE_ARRAY);
        __uint(max_entries, TAGS);
        __type(key, __u32);
        __type(value, __u64);
} tags SEC(".maps");

static __u64 tag_at(__u32 index) {
        __u64 *tag = bpf_map_lookup_elem(&tags, &index);

        return tag ? *tag : 0;
}

SEC("tc") int leave(struct __sk_buff *skb) {
        for (__u32 index = 0; index < TAGS; index++) {
                __u64 tag = tag_at(index);

                if (tag && bpf_skb_vlan_push(skb, bpf_htons(tag >> 16), tag & 0xfff) < 0)
                        return TC_ACT_SHOT;
        }
        return TC_ACT_OK;
}

SEC("tc") int enter(struct __sk_buff *skb) {
        for (__u32 index = TAGS; index-- > 0;) {
                __u64 tag = tag_at(index);

                if (!tag)
                        continue;
                if (!skb->vlan_present || skb->vlan_proto != bpf_htons(tag >> 16) ||
                                (skb->vlan_tci & 0xfff) != (tag & 0xfff) || bpf_skb_vlan_pop(skb) < 0)
                        return TC_ACT_SHOT;
        }
        return skb->vlan_present ? TC_ACT_SHOT : TC_ACT_OK;
}

char _license[] SEC("license") = "Dual BSD/GPL";
