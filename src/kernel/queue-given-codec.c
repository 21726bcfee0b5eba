/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <linux/gen_stats.h>
#include <linux/pkt_sched.h>

#include "qdisc-codec-internal.h"
#include "queue-given-codec.h"
#include "wire-attribute.h"

static bool kind_is_per_queue(const char *kind) {
        return streq(kind, "mq") || streq(kind, "mqprio") || streq(kind, "taprio");
}

static const struct nlattr *attribute_find(const void *attributes, size_t size, int type) {
        struct nlattr *attr;
        int rest;

        if (!wire_list_is_whole(attributes, size))
                return NULL;
        nla_for_each_attr(attr, (struct nlattr *) attributes, (int) size, rest)
                if (nla_type(attr) == type)
                        return attr;
        return NULL;
}

/* -ENODATA when it counts nothing. */
static int octets_parse(const void *payload, size_t size, uint64_t *ret) {
        const size_t header = NLMSG_ALIGN(sizeof(struct tcmsg));
        const struct nlattr *stats = attribute_find(
                                            (const uint8_t *) payload + header, size - header, TCA_STATS2),
                            *basic = stats
                        ? attribute_find(nla_data(stats), (size_t) nla_len(stats), TCA_STATS_BASIC)
                        : NULL;

        if (!basic)
                return -ENODATA;
        if (nla_len(basic) < (int) sizeof(*ret))
                return -EBADMSG;
        memcpy(ret, nla_data(basic), sizeof(*ret)); /* struct gnet_stats_basic, bytes */
        return 0;
}

int queue_given_take(QueueGiven *g, const void *payload, size_t size) {
        uint64_t octets;
        uint32_t minor;
        QdiscHeader d;
        int r = qdisc_header_parse(payload, size, &d);

        if (r < 0)
                return r;
        if (d.header.tcm_ifindex != g->ifindex || streq(d.kind, "noqueue"))
                return 0;
        r = octets_parse(payload, size, &octets);
        if (r == -ENODATA)
                return 0;
        if (r < 0)
                return r;
        if (d.header.tcm_parent == TC_H_ROOT) {
                g->root_known = true;
                g->per_queue = kind_is_per_queue(d.kind);
                g->root = d.header.tcm_handle;
                g->all = octets;
                return 0;
        }
        minor = TC_H_MIN(d.header.tcm_parent);
        if (g->per_queue && TC_H_MAJ(d.header.tcm_parent) == TC_H_MAJ(g->root) && minor > 0 &&
                        minor <= QUEUE_GIVEN_QUEUES_MAX) {
                g->known[minor - 1] = true;
                g->queues[minor - 1] = octets;
        }
        return 0;
}

bool queue_given_get(const QueueGiven *g, size_t queue, uint64_t *ret) {
        if (!g->root_known || (g->per_queue && (queue >= QUEUE_GIVEN_QUEUES_MAX || !g->known[queue])))
                return false;
        *ret = g->per_queue ? g->queues[queue] : g->all;
        return true;
}
