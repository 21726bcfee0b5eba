/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* How a program gets to where a device hands over its frames, stays there when we are gone and is found again:
 * by a pinned TCX link where the kernel takes one (it is put on a running device without touching its
 * queueing), else as a classifier on a clsact qdisc. */

#include <bpf/libbpf.h>

#include "macro.h"

typedef struct RedirectHook {
        const char *program; /* its name in the object */
        enum bpf_tc_attach_point point;
        int link_type; /* BPF_TCX_INGRESS or BPF_TCX_EGRESS */
} RedirectHook;

/* include/uapi/linux/bpf.h since Linux 6.6; older headers lack them. */
#define ATTACH_TCX_INGRESS 46
#define ATTACH_TCX_EGRESS  47

/* For tests: pretend that the kernel has no TCX links. */
extern bool redirect_hook_without_tcx;

/* Where a hook's program is attached. pin: the path at which its link is pinned. */
typedef struct RedirectPlace {
        const RedirectHook *hook;
        int ifindex;
        const char *pin;
} RedirectPlace;

/* The id of the program of ours that is there, 0 for none. A link of an earlier device is removed. */
uint32_t redirect_hook_find(const RedirectPlace *p);

/* Attaches the program, in place of an earlier one of ours. *clsact becomes 1 when that took a clsact qdisc,
 * which is then ours. Negative: the kernel's reason. */
int redirect_hook_attach(const RedirectPlace *p, int program_fd, uint32_t *clsact);

/* Nothing there is as good. */
int redirect_hook_detach(const RedirectPlace *p);

/* Removes a device's clsact qdisc, with everything that is attached to it. */
int redirect_hook_remove_clsact(int ifindex);
