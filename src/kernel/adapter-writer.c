/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <net/if.h>
#include <stdio.h>

#include "adapter-flow-hash.h"
#include "adapter-flow.h"
#include "adapter-queue-coalesce.h"
#include "adapter-rss-context.h"
#include "adapter-rss.h"
#include "adapter-source.h"
#include "adapter-sysfs.h"
#include "adapter-tunable.h"
#include "adapter-writer.h"
#include "alloc-util.h"
#include "ethtool-codec.h"
#include "link-settings-codec.h"

/* All features by name at once; a page, libnl's default, does not hold them. */
#define MESSAGE_SIZE (16U * 1024)

static int write_ethtool(AdapterSockets *s, int ifindex, const AdapterChange *changes, size_t n, Error *e) {
        _cleanup_(netlink_message_freep) struct nl_msg *m = nlmsg_alloc_size(MESSAGE_SIZE);
        int r;

        if (s->ethtool.id == 0)
                return error_set(e, ERROR_NOT_SUPPORTED, -EOPNOTSUPP, "this kernel has no ethtool netlink");
        if (!m || !nlmsg_put(m, NL_AUTO_PORT, NL_AUTO_SEQ, s->ethtool.id, 0, NLM_F_REQUEST))
                return error_errno(e, -ENOMEM, "ethtool message");
        r = ethtool_codec_put_set(m, ifindex, changes, n);
        if (r < 0)
                return error_errno(e, r, "ethtool message");
        return netlink_socket_request(s->generic, m, NULL, NULL, e);
}

static int write_link(AdapterSockets *s, int ifindex, const AdapterChange *changes, size_t n, Error *e) {
        _cleanup_(netlink_message_freep) struct nl_msg *m = NULL;
        int r;

        r = link_settings_codec_set(ifindex, changes, n, &m);
        if (r < 0)
                return error_errno(e, r, "link message");
        return netlink_socket_request(s->route, m, NULL, NULL, e);
}

static int write_sysfs(int ifindex, const char *name, const AdapterChange *changes, size_t n, Error *e) {
        _cleanup_close_ int fd = adapter_sysfs_open(name, ifindex, e);

        if (fd < 0)
                return fd;
        for (size_t i = 0; i < n; i++) {
                int r = adapter_sysfs_write(fd, &changes[i], e);

                if (r < 0)
                        return r;
        }
        return 0;
}

static int write_source(AdapterSockets *s, int ifindex, const char *name, const AdapterChange *changes,
                size_t n, Error *e) {
        _cleanup_close_ int fd = adapter_sysfs_open(name, ifindex, e);

        return fd < 0 ? fd : adapter_source_write(s, fd, ifindex, name, changes, n, e);
}

/* One change at a time, for items that are not atomic. */
static int write_by_ioctl(
                AdapterSockets *s, int ifindex, const char *name, const AdapterChange *change, Error *e) {
        switch ((int) change->attribute) {
        case ATTRIBUTE_TUNABLE:
        case ATTRIBUTE_PHY_TUNABLE:
                return adapter_tunable_write(s, name, change, e);
        case ATTRIBUTE_FLOW_HASH:
                return adapter_flow_hash_write(s, ifindex, name, change, e);
        case ATTRIBUTE_FLOW_RULE:
                return adapter_flow_rules_write(s, ifindex, name, change, e);
        case ATTRIBUTE_QUEUE_COALESCE:
                return adapter_queue_coalesce_write(s, name, change, e);
        default:
                return error_errno(e, -EOPNOTSUPP, "%s", adapter_attribute_info(change->attribute)->name);
        }
}

int adapter_writer_write(AdapterSockets *s, int ifindex, const AdapterChange *changes, size_t n, Error *e) {
        PrimeItemId item = adapter_attribute_info(changes[0].attribute)->item;
        char name[IF_NAMESIZE];
        Error cause = {};
        int r;

        assert(n > 0);
        if (!if_indextoname((unsigned) ifindex, name))
                return error_set(e, ERROR_NO_SUCH_ADAPTER, -ENODEV, "there is no adapter with index %d",
                                ifindex);
        if (ethtool_codec_has(item))
                r = write_ethtool(s, ifindex, changes, n, &cause);
        else if (link_settings_codec_has(item))
                r = write_link(s, ifindex, changes, n, &cause);
        else if (adapter_source_has(item))
                r = write_source(s, ifindex, name, changes, n, &cause);
        else if (adapter_sysfs_has(item))
                r = write_sysfs(ifindex, name, changes, n, &cause);
        else if (item == PRIME_RSS)
                r = adapter_rss_write(s, ifindex, name, changes, n, &cause);
        else if (item == PRIME_RSS_CONTEXTS)
                r = adapter_rss_contexts_write(s, ifindex, name, changes, n, &cause);
        else
                r = write_by_ioctl(s, ifindex, name, &changes[0], &cause);
        return r < 0 ? adapter_error(e, r, prime_item_to_string(item), name, &cause) : 0;
}
