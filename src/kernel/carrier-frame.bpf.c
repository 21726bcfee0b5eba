// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* At an adapter's egress: the first frame that finds no carrier tells so. The others pass by two loads. */
#include "carrier.bpf.h"

#include <linux/pkt_cls.h>

#include <bpf/bpf_core_read.h>

struct sk_buff {
        struct net_device *dev;
} __attribute__((preserve_access_index));

enum netdev_state_t {
        __LINK_STATE_START,
        __LINK_STATE_PRESENT,
        __LINK_STATE_NOCARRIER,
};

extern void *bpf_cast_to_kern_ctx(void *) __ksym; /* Linux 6.2 */

SEC("tc")
int carrier_of_frame(struct __sk_buff *frame) {
        struct sk_buff *skb = bpf_cast_to_kern_ctx(frame);
        unsigned int bit = bpf_core_enum_value(enum netdev_state_t, __LINK_STATE_NOCARRIER);
        __s32 ifindex = (__s32) frame->ifindex;
        __u8 *told;

        if (!(skb->dev->state & 1ul << bit))
                return TC_ACT_UNSPEC;
        told = bpf_map_lookup_elem(&watched, &ifindex);
        if (told && !*told) {
                *told = 1;
                tell(ifindex);
        }
        return TC_ACT_UNSPEC;
}
