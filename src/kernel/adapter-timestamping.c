/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <linux/net_tstamp.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "adapter-timestamping.h"
#include "alloc-util.h"
#include "timestamping-codec.h"

/* Any socket will do for that (net/socket.c sock_do_ioctl()), and the unit forbids those of IP. */
static int timestamping_ioctl(const char *name, unsigned long request, struct hwtstamp_config *config) {
        _cleanup_close_ int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        struct ifreq r = { .ifr_data = (char *) config };

        if (fd < 0)
                return -errno;
        snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", name);
        return ioctl(fd, request, &r) < 0 ? -errno : 0;
}

static int take_reply(const struct nlmsghdr *message, void *userdata, Error *e) {
        size_t size;
        const void *payload = netlink_genl_payload(message, &size);
        int r = payload ? timestamping_codec_parse(payload, size, userdata) : -EBADMSG;

        return r < 0 ? error_errno(e, r, "timestamping message") : 0;
}

static int read_by_netlink(AdapterSockets *s, int ifindex, AdapterProfile *p, Error *e) {
        _cleanup_(netlink_message_freep) struct nl_msg *m = nlmsg_alloc_simple(s->ethtool.id, NLM_F_REQUEST);

        if (!m || timestamping_codec_put_get(m, ifindex) < 0)
                return error_errno(e, -ENOMEM, "timestamping message");
        return netlink_socket_request(s->generic, m, take_reply, p, e);
}

static void read_by_ioctl(AdapterProfile *p) {
        struct hwtstamp_config config = {};

        if (timestamping_ioctl(p->name, SIOCGHWTSTAMP, &config) < 0 || config.tx_type < 0 ||
                        config.rx_filter < 0)
                return;
        p->value[ATTRIBUTE_TIMESTAMP_TX] = adapter_value_number((uint64_t) config.tx_type);
        p->value[ATTRIBUTE_TIMESTAMP_RX] = adapter_value_number((uint64_t) config.rx_filter);
}

/* Where the kernel has the message but the driver not what it takes (ndo_hwtstamp_get), the ioctl may still do.
 */
int adapter_timestamping_read(AdapterSockets *s, int ifindex, AdapterProfile *p, Error *e) {
        Error cause = {};
        int r = s->timestamping ? read_by_netlink(s, ifindex, p, &cause) : -EOPNOTSUPP;

        if (r == -EOPNOTSUPP) {
                read_by_ioctl(p);
                return 0;
        }
        return r < 0 ? error_set(e, cause.kind, r, "%s", cause.text) : 0;
}

static int write_by_netlink(AdapterSockets *s, int ifindex, const AdapterChange *changes, size_t n, Error *e) {
        _cleanup_(netlink_message_freep) struct nl_msg *m = nlmsg_alloc_simple(s->ethtool.id, NLM_F_REQUEST);
        int r = m ? timestamping_codec_put_set(m, ifindex, changes, n) : -ENOMEM;

        return r < 0 ? error_errno(e, r, "timestamping message")
                     : netlink_socket_request(s->generic, m, NULL, NULL, e);
}

static int write_by_ioctl(const char *name, const AdapterChange *changes, size_t n, Error *e) {
        struct hwtstamp_config config = {};
        int r;

        r = timestamping_ioctl(name, SIOCGHWTSTAMP, &config);
        if (r < 0)
                return error_errno(e, r, "reading what is stamped");
        config.flags = 0;
        for (size_t i = 0; i < n; i++) {
                uint64_t value = changes[i].value.word[0];

                if (value > INT32_MAX)
                        return error_errno(e, -ERANGE, "timestamping");
                if (changes[i].attribute == ATTRIBUTE_TIMESTAMP_TX)
                        config.tx_type = (int) value;
                else
                        config.rx_filter = (int) value;
        }
        r = timestamping_ioctl(name, SIOCSHWTSTAMP, &config);
        if (r == -ERANGE) /* "the requested mode is not supported", linux/net_tstamp.h */
                return error_set(e, ERROR_NOT_SUPPORTED, -EOPNOTSUPP, "the adapter cannot stamp these frames");
        return r < 0 ? error_errno(e, r, "setting what is stamped") : 0;
}

int adapter_timestamping_write(AdapterSockets *s, int ifindex, const char *name, const AdapterChange *changes,
                size_t n, Error *e) {
        Error cause = {};
        int r = s->timestamping ? write_by_netlink(s, ifindex, changes, n, &cause) : -EOPNOTSUPP;

        if (r == -EOPNOTSUPP)
                return write_by_ioctl(name, changes, n, e);
        if (r == -ERANGE)
                return error_set(e, ERROR_NOT_SUPPORTED, -EOPNOTSUPP, "the adapter cannot stamp these frames");
        return r < 0 ? error_set(e, cause.kind, r, "%s", cause.text) : 0;
}
