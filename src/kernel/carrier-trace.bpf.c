// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Tells which watched adapter's carrier was just turned off or on: follows the two functions that every driver
 * calls for it (net/sched/sch_generic.c), which have counted the change when they return. A device of another
 * network namespace with the same index is told too: who is told looks for himself. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

/* Of the kernel's, what is read here. Where it is in the running one is found at loading (CO-RE). */
struct net_device {
        int ifindex;
} __attribute__((preserve_access_index));

struct {
        __uint(type, BPF_MAP_TYPE_HASH);
        __uint(max_entries, 1024); /* CARRIER_WATCH_LINKS_MAX */
        __type(key, __s32);        /* interface index */
        __type(value, __u8);
} watched SEC(".maps");

struct {
        __uint(type, BPF_MAP_TYPE_RINGBUF);
        __uint(max_entries, 65536); /* a multiple of every page size */
} changes SEC(".maps");

static void follow(const struct net_device *device) {
        __s32 ifindex = device->ifindex;

        /* full: nobody has listened for thousands of changes; all are read once a second besides */
        if (bpf_map_lookup_elem(&watched, &ifindex))
                bpf_ringbuf_output(&changes, &ifindex, sizeof(ifindex), BPF_RB_FORCE_WAKEUP);
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

char _license[] SEC("license") = "Dual BSD/GPL";
