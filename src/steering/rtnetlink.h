/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Just enough rtnetlink for the steering backends: a request that brings home the kernel's own words, and a
 * dump. Both wait for the kernel, hence for the RTNL lock: not for the moment of a move. */

#include <netlink/msg.h>
#include <netlink/netlink.h>

#include "error.h"
#include "steering.h"

typedef struct Rtnetlink {
        struct nl_sock *socket;
        int code; /* of the request under way: 1 while unanswered, then 0 or negative errno */
        char words[160];
        SteeringLinks links; /* the owner may set it; above NULL: whoever asks for links gets all */
} Rtnetlink;

Rtnetlink *rtnetlink_free(Rtnetlink *n);
DEFINE_CLEANUP(Rtnetlink *, rtnetlink_free);

int rtnetlink_new(Rtnetlink **ret, Error *e);

static inline void rtnetlink_message_freep(struct nl_msg **m) {
        nlmsg_free(*m);
}

/* Sends m and waits for the acknowledgement: 0 or negative errno; rtnetlink_words() says more. */
int rtnetlink_call(Rtnetlink *n, struct nl_msg *m);

typedef int (*RtnetlinkHandler)(struct nlmsghdr *h, void *userdata);

/* Sends m and calls handler for the one message of the answer; its result when that is negative. */
int rtnetlink_get(Rtnetlink *n, struct nl_msg *m, RtnetlinkHandler handler, void *userdata);

/* Whether the kernel takes the head of a dump for a filter (NETLINK_GET_STRICT_CHK, Linux 4.20); it refuses
 * heads that are not of the family then. False: it cannot, dumps stay whole. */
bool rtnetlink_set_strict(Rtnetlink *n, bool strict);

/* Sends m as a dump and calls handler for every message of the answer, until it returns nonzero, which is then
 * returned when negative. A dump that was interrupted by a change (NLM_F_DUMP_INTR) returns -EAGAIN. */
int rtnetlink_dump(Rtnetlink *n, struct nl_msg *m, RtnetlinkHandler handler, void *userdata);

/* What the kernel said about the last failed call ("Device does not support FDB"), or strerror(). */
const char *rtnetlink_words(const Rtnetlink *n);
