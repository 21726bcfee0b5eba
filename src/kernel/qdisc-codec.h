/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Queueing disciplines in rtnetlink's words to and from ATTRIBUTE_QDISC. No socket.
 *
 * An entry is a discipline that somebody chose, as opposed to those that the kernel gives every queue (which
 * have no handle); its place is 0 for the root and n + 1 for what is on transmit queue n below a root of mq.
 * The value is the kind, NUL, and the kernel's own options as it dumps them, which for the kinds that can be
 * copied is what it takes. Handles are each adapter's own and not copied, but for that of a root with classes:
 * it stands before the options, in 4 bytes. */

#include <netlink/msg.h>

#include "adapter-profile.h"

/* What a dump says beside the entries. */
typedef struct QdiscView {
        uint32_t root; /* handle of the root, 0: the kernel's own */
        bool root_is_mq;
        bool root_is_classful; /* core/qdisc-value.h: what hangs on it is in qdisc-tree-codec.h */
        unsigned others;       /* what hangs on it and cannot be replayed */
} QdiscView;

/* The whole message, to be sent as a dump; NULL without memory. */
struct nl_msg *qdisc_codec_get(int ifindex);

/* Puts the change's discipline in its place, or takes away what is there when its value is absent. view: of the
 * adapter as it is now. 0 with a message in *ret, or with NULL when there is nothing in that place; -ENOMEM;
 * -EOPNOTSUPP when the place is below a root that is not mq; -EINVAL when the value is no discipline. */
int qdisc_codec_set(int ifindex, const QdiscView *view, const AdapterChange *change, struct nl_msg **ret);

/* Takes the payload of an RTM_NEWQDISC (from struct tcmsg on) into profile and view, if it is about p->ifindex;
 * the root comes before what is below it. -EBADMSG for what no kernel sends; any bytes are safe, in memory
 * aligned to 4. */
int qdisc_codec_parse(const void *payload, size_t size, AdapterProfile *p, QdiscView *view);
