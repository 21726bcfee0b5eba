/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the codecs of queueing disciplines share. */

#include <linux/rtnetlink.h>
#include <netlink/msg.h>

#include "adapter-profile.h"

#define QDISC_KIND_MAX 16 /* IFNAMSIZ of net/sched/sch_api.c, NUL included */

/* What disciplines, classes and filters say alike. The options point into what was parsed. */
typedef struct QdiscHeader {
        struct tcmsg header;
        char kind[QDISC_KIND_MAX];
        const struct nlattr *options;
        unsigned n_blocks;
        bool has_more; /* what is not replayed: a table of sizes, an estimator, a chain of filters */
} QdiscHeader;

/* A whole message of that type; NULL without memory. */
struct nl_msg *qdisc_message(int type, const struct tcmsg *header);

/* Payload from struct tcmsg on. -EBADMSG. */
int qdisc_header_parse(const void *payload, size_t size, QdiscHeader *ret);

/* Kind and options of a discipline, class or filter; skip: octets of the value between the two. -EINVAL when it
 * is too short, -ENOMEM. */
int qdisc_put_value(struct nl_msg *m, const AdapterValue *v, size_t skip);
