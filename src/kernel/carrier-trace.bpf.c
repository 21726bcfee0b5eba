// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Follows the two functions that every driver calls to turn a carrier off or on (net/sched/sch_generic.c); they
 * have counted the change when they return. A device of another network namespace with the same index is told
 * too: who is told looks for himself. */
#include "carrier.bpf.h"

#include <bpf/bpf_tracing.h>

static void follow(const struct net_device *device) {
        __s32 ifindex = device->ifindex;

        if (bpf_map_lookup_elem(&watched, &ifindex))
                tell(ifindex);
}

SEC("fexit/netif_carrier_off")
int BPF_PROG(carrier_off, struct net_device *device) {
        follow(device);
        return 0;
}

SEC("fexit/netif_carrier_on")
int BPF_PROG(carrier_on, struct net_device *device) {
        follow(device);
        return 0;
}
