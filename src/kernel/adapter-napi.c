/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>

#include "adapter-napi.h"
#include "alloc-util.h"
#include "netdev-codec.h"

#define DUMPS_MAX 3 /* when what is dumped changes meanwhile, it is asked for again */

typedef int (*PayloadFunc)(const void *attributes, size_t size, int ifindex, NapiMap *m);

typedef struct Taking {
        PayloadFunc parse;
        int ifindex;
        NapiMap *map;
} Taking;

static int take(const struct nlmsghdr *message, void *userdata, Error *e) {
        const Taking *t = userdata;
        size_t size;
        const void *payload = netlink_genl_payload(message, &size);
        int r = payload ? t->parse(payload, size, t->ifindex, t->map) : -EBADMSG;

        return r < 0 ? error_errno(e, r, "netdev message") : 0;
}

/* Takes message over. A kernel without the command tells nothing. */
static int dump(AdapterSockets *s, struct nl_msg *message, Taking *t, Error *e) {
        _cleanup_(netlink_message_freep) struct nl_msg *m = message;
        int r;

        if (!m)
                return error_errno(e, -ENOMEM, "netdev message");
        r = netlink_socket_dump(s->generic, m, take, t, e);
        return r == -EOPNOTSUPP ? 0 : r;
}

int adapter_napi_map(AdapterSockets *s, int ifindex, NapiMap **ret, Error *e) {
        _cleanup_free_ NapiMap *map = new0(NapiMap, 1);
        Taking queues = { netdev_codec_parse_queue, ifindex, map },
               instances = { netdev_codec_parse_instance, ifindex, map };
        int r = s->netdev.id == 0 ? 0 : -EINTR;

        if (!map)
                return error_errno(e, -ENOMEM, "NAPI instances");
        for (unsigned i = 0; i < DUMPS_MAX && r == -EINTR; i++) {
                memset(map, 0, sizeof(*map));
                r = dump(s, netdev_codec_get_queues(s->netdev.id, ifindex), &queues, e);
                if (r >= 0)
                        r = dump(s, netdev_codec_get_instances(s->netdev.id, ifindex), &instances, e);
        }
        if (r == -EINTR)
                return error_errno(e, r, "it changed while it was read");
        if (r >= 0)
                *ret = TAKE_PTR(map);
        return r;
}

int adapter_napi_read(AdapterSockets *s, int ifindex, AdapterProfile *p, Error *e) {
        _cleanup_free_ NapiMap *map = NULL;
        int r;

        if (s->napi_settings == 0)
                return 0;
        r = adapter_napi_map(s, ifindex, &map, e);
        if (r >= 0)
                napi_map_to_profile(map, s->napi_settings, p);
        return r;
}

int adapter_napi_write(AdapterSockets *s, int ifindex, const AdapterChange *change, Error *e) {
        _cleanup_(netlink_message_freep) struct nl_msg *m = NULL;
        NapiSetting setting = napi_setting_of(change->attribute);
        _cleanup_free_ NapiMap *map = NULL;
        const NapiInstance *instance;
        int r;

        if ((int) setting < 0 || !(s->napi_settings & (1U << setting)))
                return error_set(e, ERROR_NOT_SUPPORTED, -EOPNOTSUPP, "this kernel has no %s",
                                adapter_attribute_info(change->attribute)->name);
        r = adapter_napi_map(s, ifindex, &map, e);
        if (r < 0)
                return r;
        instance = napi_map_find(map, change->name);
        if (!instance)
                return error_set(e, ERROR_NOT_SUPPORTED, -EOPNOTSUPP, "the adapter has no instance %s",
                                change->name);
        m = netdev_codec_set_instance(s->netdev.id, instance->id, setting, change->value.word[0]);
        if (!m)
                return error_errno(e, -ENOMEM, "netdev message");
        return netlink_socket_request(s->generic, m, NULL, NULL, e);
}
