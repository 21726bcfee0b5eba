/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <linux/rtnetlink.h>
#include <stdio.h>

#include "adapter-filter.h"
#include "adapter-irq.h"
#include "adapter-napi.h"
#include "adapter-qdisc.h"
#include "adapter-source.h"
#include "adapter-sysfs.h"
#include "adapter-timestamping.h"
#include "adapter-xdp.h"
#include "address-list-codec.h"
#include "alloc-util.h"
#include "dcb-codec.h"
#include "devlink-codec.h"
#include "sysfs-link.h"
#include "upper-link-codec.h"

#define DUMPS_MAX 3 /* when what is dumped changes meanwhile, it is asked for again */

typedef struct Adapter {
        AdapterSockets *sockets;
        int directory_fd;
        int ifindex;
        const char *name;
        AdapterProfile *profile; /* NULL when writing */
} Adapter;

typedef int (*PayloadFunc)(const void *payload, size_t size, AdapterProfile *p);

typedef struct Taking {
        PayloadFunc parse;
        AdapterProfile *profile;
} Taking;

static int take(const struct nlmsghdr *message, void *userdata, Error *e) {
        Taking *t = userdata;
        int r = t->parse(nlmsg_data(message), (size_t) nlmsg_datalen(message), t->profile);

        return r < 0 ? error_errno(e, r, "message") : 0;
}

/* Takes message over. What the kernel does not know of is not there. */
static int dump(NetlinkSocket *socket, struct nl_msg *message, NetlinkHandler handler, void *userdata,
                uint64_t items, AdapterProfile *p, Error *e) {
        _cleanup_(netlink_message_freep) struct nl_msg *m = message;
        int r = -EINTR;

        if (!m)
                return error_errno(e, -ENOMEM, "message");
        for (unsigned i = 0; i < DUMPS_MAX && r == -EINTR; i++) {
                adapter_profile_clear(p, items);
                r = netlink_socket_dump(socket, m, handler, userdata, e);
        }
        if (r == -EINTR)
                return error_errno(e, r, "it changed while it was read");
        return r == -EOPNOTSUPP ? 0 : r;
}

static uint64_t bit(PrimeItemId item) {
        return UINT64_C(1) << item;
}

static int read_dcb(const Adapter *a, Error *e) {
        _cleanup_(netlink_message_freep) struct nl_msg *m = dcb_codec_get(a->name);
        int r;

        if (!m)
                return error_errno(e, -ENOMEM, "DCB message");
        r = netlink_socket_request(a->sockets->route, m, take,
                        &(Taking){ .parse = dcb_codec_parse, .profile = a->profile }, e);
        return r == -EOPNOTSUPP ? 0 : r;
}

static int take_dcb_result(const struct nlmsghdr *message, void *userdata, Error *e) {
        int r = dcb_codec_parse_result(nlmsg_data(message), (size_t) nlmsg_datalen(message));

        return r < 0 ? error_errno(e, r, "DCB") : 0;
}

static int write_dcb(const Adapter *a, const AdapterChange *changes, size_t n, Error *e) {
        for (size_t i = 0; i < n; i++) {
                _cleanup_(netlink_message_freep) struct nl_msg *m = NULL;
                int r = dcb_codec_set(a->name, &changes[i], &m);

                if (r < 0)
                        return error_errno(e, r, "DCB message");
                r = netlink_socket_request(a->sockets->route, m, take_dcb_result, NULL, e);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int read_addresses(const Adapter *a, Error *e) {
        return dump(a->sockets->route, address_list_codec_get(a->ifindex), take,
                        &(Taking){ .parse = address_list_codec_parse, .profile = a->profile },
                        bit(PRIME_ADDRESSES), a->profile, e);
}

static int write_addresses(const Adapter *a, const AdapterChange *changes, size_t n, Error *e) {
        for (size_t i = 0; i < n; i++) {
                _cleanup_(netlink_message_freep) struct nl_msg *m = NULL;
                int r = address_list_codec_set(a->ifindex, &changes[i], &m);

                if (r < 0)
                        return error_errno(e, r, "forwarding database message");
                r = netlink_socket_request(a->sockets->route, m, NULL, NULL, e);
                /* somebody else's, who was faster */
                if (r < 0 && r != (changes[i].value.absent ? -ENOENT : -EEXIST))
                        return r;
                *e = (Error){};
        }
        return 0;
}

static int read_vlans(const Adapter *a, Error *e) {
        return dump(a->sockets->route, upper_link_codec_get("vlan"), take,
                        &(Taking){ .parse = upper_link_codec_parse_vlan, .profile = a->profile },
                        bit(PRIME_VLAN_FILTER), a->profile, e);
}

static int read_macsec(const Adapter *a, Error *e) {
        return dump(a->sockets->route, upper_link_codec_get("macsec"), take,
                        &(Taking){ .parse = upper_link_codec_parse_macsec, .profile = a->profile },
                        bit(PRIME_MACSEC_OFFLOAD), a->profile, e);
}

static bool features_are_known(const AdapterProfile *p) {
        for (size_t i = 0; i < ADAPTER_FEATURES_MAX; i++)
                if (p->feature[i].name[0])
                        return true;
        return false;
}

static int read_xfrm(const Adapter *a, Error *e) {
        const AdapterFeature *offload = adapter_profile_feature(a->profile, "esp-hw-offload");

        /* There may be a hundred thousand states, and none can be an adapter's that does not do that. */
        if (!a->sockets->xfrm || (features_are_known(a->profile) && !(offload && offload->active)))
                return 0;
        return dump(a->sockets->xfrm, xfrm_states_codec_get(), take,
                        &(Taking){ .parse = xfrm_states_codec_parse, .profile = a->profile },
                        bit(PRIME_XFRM_OFFLOAD), a->profile, e);
}

static int read_tls(const Adapter *a, Error *e) {
        _cleanup_fclose_ FILE *f = fopen("/proc/self/net/tls_stat", "re");
        char line[128];

        while (f && fgets(line, sizeof(line), f))
                tls_stat_parse_line(line, a->profile);
        return 0;
}

static int read_qdiscs(const Adapter *a, Error *e) {
        return adapter_qdisc_read(a->sockets, a->profile, e);
}

static int write_qdiscs(const Adapter *a, const AdapterChange *changes, size_t n, Error *e) {
        return adapter_qdisc_write(a->sockets, a->ifindex, changes, n, e);
}

static int read_filters(const Adapter *a, Error *e) {
        return adapter_filter_read(a->sockets, a->profile, e);
}

static int write_filters(const Adapter *a, const AdapterChange *changes, size_t n, Error *e) {
        return adapter_filter_write(a->sockets, a->ifindex, changes, n, e);
}

static int write_xdp(const Adapter *a, const AdapterChange *changes, size_t n, Error *e) {
        for (size_t i = 0; i < n; i++) {
                int r = adapter_xdp_write(a->sockets->route, a->ifindex, &changes[i], e);

                if (r < 0)
                        return r;
        }
        return 0;
}

static int read_irqs(const Adapter *a, Error *e) {
        _cleanup_free_ NapiMap *map = NULL;
        int r = adapter_napi_map(a->sockets, a->ifindex, &map, e);

        if (r >= 0)
                adapter_irq_read(a->directory_fd, map, a->profile);
        return r;
}

static int write_irqs(const Adapter *a, const AdapterChange *changes, size_t n, Error *e) {
        _cleanup_free_ NapiMap *map = NULL;
        int r = adapter_napi_map(a->sockets, a->ifindex, &map, e);

        for (size_t i = 0; i < n && r >= 0; i++)
                r = adapter_irq_write(a->directory_fd, map, &changes[i], e);
        return r;
}

static int read_napi(const Adapter *a, Error *e) {
        return adapter_napi_read(a->sockets, a->ifindex, a->profile, e);
}

/* Of the whole adapter: a file. That of an instance: a message. */
static int write_napi(const Adapter *a, const AdapterChange *changes, size_t n, Error *e) {
        int r = 0;

        for (size_t i = 0; i < n && r >= 0; i++)
                r = adapter_attribute_is_entry(changes[i].attribute)
                                ? adapter_napi_write(a->sockets, a->ifindex, &changes[i], e)
                                : adapter_sysfs_write(a->directory_fd, &changes[i], e);
        return r;
}

static int read_timestamping(const Adapter *a, Error *e) {
        return adapter_timestamping_read(a->sockets, a->ifindex, a->profile, e);
}

static int write_timestamping(const Adapter *a, const AdapterChange *changes, size_t n, Error *e) {
        return adapter_timestamping_write(a->sockets, a->ifindex, a->name, changes, n, e);
}

typedef struct DevlinkTaking {
        AdapterProfile *profile;
        char bus[32], device[64];
} DevlinkTaking;

static int take_devlink(const struct nlmsghdr *message, void *userdata, Error *e) {
        const DevlinkTaking *t = userdata;
        size_t size;
        const void *payload = netlink_genl_payload(message, &size);
        int r = payload ? devlink_codec_parse(payload, size, t->bus, t->device, t->profile) : -EBADMSG;

        return r < 0 ? error_errno(e, r, "devlink message") : 0;
}

static int read_devlink(const Adapter *a, Error *e) {
        DevlinkTaking t = { .profile = a->profile };
        struct nl_msg *m;

        sysfs_link_target(a->directory_fd, "device", t.device, sizeof(t.device));
        sysfs_link_target(a->directory_fd, "device/subsystem", t.bus, sizeof(t.bus));
        if (a->sockets->devlink.id == 0 || !t.device[0] || !t.bus[0])
                return 0;
        m = nlmsg_alloc_simple(a->sockets->devlink.id, NLM_F_REQUEST);
        if (m && devlink_codec_put_get(m) < 0)
                m = netlink_message_free(m);
        return dump(a->sockets->generic, m, take_devlink, &t, bit(PRIME_DEVLINK), a->profile, e);
}

typedef struct AdapterSource {
        PrimeItemId item;
        int (*read)(const Adapter *a, Error *e);
        int (*write)(const Adapter *a, const AdapterChange *changes, size_t n, Error *e);
} AdapterSource;

static const AdapterSource source_table[] = {
        { PRIME_DCB, read_dcb, write_dcb },
        { PRIME_IRQ_AFFINITY, read_irqs, write_irqs },
        { PRIME_NAPI, read_napi, write_napi },
        { PRIME_QDISC, read_qdiscs, write_qdiscs },
        { PRIME_FILTERS, read_filters, write_filters },
        { PRIME_XDP, NULL, write_xdp }, /* read with the link */
        { PRIME_ADDRESSES, read_addresses, write_addresses },
        { PRIME_VLAN_FILTER, read_vlans },
        { PRIME_TIMESTAMPING, read_timestamping, write_timestamping },
        { PRIME_DEVLINK, read_devlink },
        { PRIME_XFRM_OFFLOAD, read_xfrm },
        { PRIME_MACSEC_OFFLOAD, read_macsec },
        { PRIME_TLS_OFFLOAD, read_tls },
};

static const AdapterSource *source_of(PrimeItemId item) {
        for (size_t i = 0; i < ELEMENTSOF(source_table); i++)
                if (source_table[i].item == item)
                        return &source_table[i];
        return NULL;
}

bool adapter_source_has(PrimeItemId item) {
        const AdapterSource *source = source_of(item);

        return source && source->write;
}

int adapter_source_read(AdapterSockets *s, int directory_fd, uint64_t items, AdapterProfile *p, Error *e) {
        Adapter a = {
                .sockets = s,
                .directory_fd = directory_fd,
                .ifindex = p->ifindex,
                .name = p->name,
                .profile = p,
        };

        for (size_t i = 0; i < ELEMENTSOF(source_table); i++) {
                const AdapterSource *source = &source_table[i];
                Error cause = {};
                int r;

                if (!source->read || !(items & bit(source->item)))
                        continue;
                r = source->read(&a, &cause);
                if (r < 0)
                        return adapter_error(e, r, prime_item_to_string(source->item), p->name, &cause);
        }
        return 0;
}

int adapter_source_write(AdapterSockets *s, int directory_fd, int ifindex, const char *name,
                const AdapterChange *changes, size_t n, Error *e) {
        Adapter a = { .sockets = s, .directory_fd = directory_fd, .ifindex = ifindex, .name = name };

        return source_of(adapter_attribute_info(changes[0].attribute)->item)->write(&a, changes, n, e);
}
