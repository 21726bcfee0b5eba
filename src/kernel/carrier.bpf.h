// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What both ways of seeing a carrier change have in common: whose are watched, and how they are told. */
#pragma once

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

/* Of the kernel's, what is read here. Where it is in the running one is found at loading (CO-RE). */
struct net_device {
        unsigned long state;
        int ifindex;
} __attribute__((preserve_access_index));

struct {
        __uint(type, BPF_MAP_TYPE_HASH);
        __uint(max_entries, 1024); /* CARRIER_WATCH_LINKS_MAX */
        __type(key, __s32);        /* interface index */
        __type(value, __u8);       /* whether its loss was told */
} watched SEC(".maps");

struct {
        __uint(type, BPF_MAP_TYPE_RINGBUF);
        __uint(max_entries, 65536); /* a multiple of every page size */
} changes SEC(".maps");

/* Full: nobody has listened for thousands of changes, and then all are read. */
static void tell(__s32 ifindex) {
        bpf_ringbuf_output(&changes, &ifindex, sizeof(ifindex), BPF_RB_FORCE_WAKEUP);
}

char _license[] SEC("license") = "Dual BSD/GPL";
