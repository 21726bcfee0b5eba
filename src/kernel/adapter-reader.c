/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <linux/genetlink.h>
#include <linux/rtnetlink.h>
#include <stdio.h>

#include "adapter-flow-hash.h"
#include "adapter-flow.h"
#include "adapter-queue-coalesce.h"
#include "adapter-reader.h"
#include "adapter-rss-context.h"
#include "adapter-rss.h"
#include "adapter-source.h"
#include "adapter-sysfs.h"
#include "adapter-tunable.h"
#include "alloc-util.h"
#include "ethtool-codec.h"
#include "link-settings-codec.h"

int adapter_error(Error *e, int code, const char *what, const char *name, const Error *cause) {
        if (cause && cause->code < 0)
                return error_set(e, cause->kind, code, "%s of %s: %s", what, name, cause->text);
        return error_errno(e, code, "%s of %s", what, name);
}

static int take_link(const struct nlmsghdr *message, void *userdata, Error *e) {
        AdapterProfile *p = userdata;
        int r;

        if (message->nlmsg_type != RTM_NEWLINK)
                return 0;
        r = link_settings_codec_parse(nlmsg_data(message), (size_t) nlmsg_datalen(message), p);
        return r < 0 ? error_errno(e, r, "link message") : 0;
}

static int read_link(AdapterSockets *s, int ifindex, AdapterProfile *p, Error *e) {
        _cleanup_(netlink_message_freep) struct nl_msg *m = link_settings_codec_get(ifindex);
        char name[32];
        Error cause = {};
        int r;

        if (!m)
                return error_errno(e, -ENOMEM, "link message");
        p->name[0] = 0;
        r = netlink_socket_request(s->route, m, take_link, p, &cause);
        if (r >= 0 && p->name[0])
                return 0;
        if (r < 0 && r != -ENODEV) {
                snprintf(name, sizeof(name), "index %d", ifindex);
                return adapter_error(e, r, "reading the link", name, &cause);
        }
        return error_set(e, ERROR_NO_SUCH_ADAPTER, -ENODEV, "there is no adapter with index %d", ifindex);
}

typedef struct EthtoolReply {
        PrimeItemId item;
        AdapterProfile *profile;
} EthtoolReply;

static int take_ethtool(const struct nlmsghdr *message, void *userdata, Error *e) {
        EthtoolReply *reply = userdata;
        size_t size;
        const void *payload = netlink_genl_payload(message, &size);
        int r = payload ? ethtool_codec_parse(reply->item, payload, size, reply->profile) : -EBADMSG;

        return r < 0 ? error_errno(e, r, "ethtool message") : 0;
}

static int read_ethtool(AdapterSockets *s, int ifindex, PrimeItemId item, AdapterProfile *p, Error *e) {
        _cleanup_(netlink_message_freep) struct nl_msg *m = nlmsg_alloc_simple(s->ethtool.id, NLM_F_REQUEST);
        EthtoolReply reply = { .item = item, .profile = p };
        Error cause = {};
        int r;

        if (!m || ethtool_codec_put_get(m, item, ifindex) < 0)
                return error_errno(e, -ENOMEM, "ethtool message");
        r = netlink_socket_request(s->generic, m, take_ethtool, &reply, &cause);
        if (r == -EOPNOTSUPP)
                return 0; /* the driver has none of it */
        return r < 0 ? adapter_error(e, r, prime_item_to_string(item), p->name, &cause) : 0;
}

/* The driver, or for an adapter without a device behind it its kind: what the disruption table goes by. */
static void read_files(int fd, uint64_t items, AdapterProfile *p) {
        adapter_sysfs_driver(fd, p->driver);
        if (!p->driver[0])
                memcpy(p->driver, p->kind, sizeof(p->driver));
        adapter_sysfs_read(fd, items, p);
}

/* What has no message, or none on every kernel. */
static int read_by_ioctl(AdapterSockets *s, int ifindex, PrimeItemId item, AdapterProfile *p, Error *e) {
        switch ((int) item) {
        case PRIME_TUNABLES:
                adapter_tunable_read(s, p);
                return 0;
        case PRIME_RSS:
                return adapter_rss_read(s, ifindex, p, e);
        case PRIME_FLOW_HASH:
                return adapter_flow_hash_read(s, ifindex, p, e);
        case PRIME_RSS_CONTEXTS:
                return adapter_rss_contexts_read(s, ifindex, p, e);
        case PRIME_FLOW_RULES:
                return adapter_flow_rules_read(s, ifindex, p, e);
        case PRIME_QUEUE_COALESCE:
                return adapter_queue_coalesce_read(s, p, e);
        default:
                return 0;
        }
}

static int read_item(AdapterSockets *s, int ifindex, PrimeItemId item, AdapterProfile *p, Error *e) {
        Error cause = {};
        int r;

        if (ethtool_codec_has(item))
                return s->ethtool.id == 0 ? 0 : read_ethtool(s, ifindex, item, p, e);
        r = read_by_ioctl(s, ifindex, item, p, &cause);
        return r < 0 ? adapter_error(e, r, prime_item_to_string(item), p->name, &cause) : 0;
}

int adapter_reader_read(AdapterSockets *s, int ifindex, uint64_t items, AdapterProfile *p, Error *e) {
        _cleanup_close_ int fd = -EBADF;
        int r;

        if (p->ifindex != 0) /* a new profile's pages, a fifth of a look's time, are better not touched */
                adapter_profile_clear(p, items);
        r = read_link(s, ifindex, p, e);
        if (r < 0)
                return r;
        fd = adapter_sysfs_open(p->name, ifindex, e);
        if (fd < 0)
                return fd;
        read_files(fd, items, p);
        for (PrimeItemId i = 0; i < _PRIME_ITEM_MAX; i++) {
                if (!(items & (UINT64_C(1) << i)))
                        continue;
                r = read_item(s, ifindex, i, p, e);
                if (r < 0)
                        return r;
        }
        return adapter_source_read(s, fd, items, p, e);
}
