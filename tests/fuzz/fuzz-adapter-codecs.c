/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the kernel says about what lies around an adapter, as any bytes: "<codec>\n", then the message's payload
 * (for devlink its attributes, for tls a line). */

#include <limits.h>
#include <stdlib.h>

#include "address-list-codec.h"
#include "dcb-codec.h"
#include "devlink-codec.h"
#include "filter-codec.h"
#include "fuzz.h"
#include "genl-policy-codec.h"
#include "link-settings-codec.h"
#include "netdev-codec.h"
#include "qdisc-codec.h"
#include "qdisc-tree-codec.h"
#include "qdisc-value.h"
#include "timestamping-codec.h"
#include "upper-link-codec.h"

/* What is kept of a filter can be sent. */
static void parse_filter(const uint8_t *message, size_t size, AdapterProfile *p) {
        size_t n;
        const AdapterEntry *filters;

        (void) filter_codec_parse_hook(message, size, p);
        (void) filter_codec_parse(message, size, false, p);
        filters = adapter_profile_entries(p, ATTRIBUTE_FILTER, &n);
        for (size_t i = 0; i < n; i++) {
                struct nl_msg *m = NULL;
                FilterPlace place;

                (void) filter_codec_program(&filters[i].value);
                if (!filter_place_parse(filters[i].name, &place) ||
                                filter_codec_add(2, &place, &filters[i].value, 3, &m) < 0)
                        abort();
                nlmsg_free(m);
        }
}

static void parse(const char *codec, const uint8_t *message, size_t size, AdapterProfile *p) {
        GenlPolicy policy = { .command = NETDEV_NAPI_SET };
        static NapiMap instances;
        NapiMap *map = &instances;
        QdiscView view = {}, tree = { .root = 0x10000, .root_is_classful = true };

        map->n_instances = 0;
        if (streq(codec, "addresses"))
                (void) address_list_codec_parse(message, size, p);
        else if (streq(codec, "dcb")) {
                (void) dcb_codec_parse(message, size, p);
                (void) dcb_codec_parse_result(message, size);
        } else if (streq(codec, "devlink"))
                (void) devlink_codec_parse(message, size, "pci", "0000:3b:00.0", p);
        else if (streq(codec, "filter"))
                parse_filter(message, size, p);
        else if (streq(codec, "link"))
                (void) link_settings_codec_parse(message, size, p);
        else if (streq(codec, "napi"))
                (void) netdev_codec_parse_instance(message, size, p->ifindex, map);
        else if (streq(codec, "policy"))
                (void) genl_policy_codec_parse(message, size, &policy);
        else if (streq(codec, "queue"))
                (void) netdev_codec_parse_queue(message, size, p->ifindex, map);
        else if (streq(codec, "qdisc"))
                (void) qdisc_codec_parse(message, size, p, &view);
        else if (streq(codec, "tree-qdisc")) {
                (void) qdisc_codec_parse(message, size, p, &view);
        } else if (streq(codec, "tree-class"))
                (void) qdisc_tree_codec_parse_class(message, size, p, &tree);
        else if (streq(codec, "tree-filter"))
                (void) qdisc_tree_codec_parse_filter(message, size, p, &tree);
        else if (streq(codec, "uppers")) {
                (void) upper_link_codec_parse_vlan(message, size, p);
                (void) upper_link_codec_parse_macsec(message, size, p);
        } else if (streq(codec, "timestamping"))
                (void) timestamping_codec_parse(message, size, p);
        else if (streq(codec, "xfrm"))
                (void) xfrm_states_codec_parse(message, size, p);
        napi_map_to_profile(map, UINT_MAX, p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        const uint8_t *end = memchr(data, '\n', size);
        static AdapterProfile *p; /* large: kept from one input to the next */
        char codec[32], text[ADAPTER_VALUE_TEXT_MAX];
        uint8_t *message;

        if (!end || (size_t) (end - data) >= sizeof(codec))
                return 0;
        memcpy(codec, data, (size_t) (end - data));
        codec[end - data] = 0;
        size -= (size_t) (end + 1 - data);
        message = calloc(1, size + 1); /* aligned, as from a socket; a line has its end */
        if (!p)
                p = adapter_profile_new();
        if (!message || !p)
                abort();
        p->n_entries = 0;
        memset(p->value, 0, sizeof(p->value));
        p->ifindex = 2;
        memcpy(message, end + 1, size);
        if (streq(codec, "tls"))
                tls_stat_parse_line((char *) message, p);
        else
                parse(codec, message, size, p);
        for (size_t i = 0; i < p->n_entries; i++) {
                const AdapterEntry *e = &p->entry[i];

                assert(memchr(e->name, 0, sizeof(e->name)) && e->value.size <= ADAPTER_BYTES_MAX);
                (void) adapter_value_format(text, &e->value, adapter_attribute_info(e->attribute)->format);
        }
        free(message);
        return 0;
}
