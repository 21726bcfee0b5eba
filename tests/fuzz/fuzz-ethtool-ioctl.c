/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a driver answers to an ioctl, as any bytes: "rss\n", "rule\n" or "netlink\n", then the
 * struct, or the attributes of the netlink message that says the same. What is taken goes through a profile. */

#include <stdlib.h>

#include "ethtool-ioctl-codec.h"
#include "flow-hash-codec.h"
#include "fuzz.h"
#include "rss-codec.h"

static void check_config(const RssConfig *c) {
        _cleanup_(adapter_profile_freep) AdapterProfile *p = adapter_profile_new();
        RssConfig again;

        assert(p && c->table.n_slots <= RSS_SLOTS_MAX && c->key.size <= ADAPTER_BYTES_MAX);
        rss_config_to_profile(c, p);
        rss_config_from_profile(p, &again);
        assert(again.table.n_slots == c->table.n_slots && adapter_value_equal(&again.key, &c->key));
        assert(memcmp(again.table.queue, c->table.queue, c->table.n_slots) == 0);
}

static void check_rule(const uint8_t *bytes, size_t size) {
        struct ethtool_rxnfc reply = {};
        char text[ADAPTER_VALUE_TEXT_MAX];
        AdapterValue v;
        FlowRule r;

        memcpy(&reply, bytes, MIN(size, sizeof(reply)));
        ethtool_ioctl_parse_rule(&reply, reply.rss_context, &r);
        v = flow_rule_value(&r);
        flow_rule_format(text, &v);
        assert(memchr(text, 0, sizeof(text)) && flow_rule_place(&r) >= FLOW_RULE_ANYWHERE);
        assert(ethtool_ioctl_parse_locations(&reply, 16) <= 16);
}

static void check_message(const void *message, size_t size) {
        _cleanup_(adapter_profile_freep) AdapterProfile *p = adapter_profile_new();
        uint32_t context;
        RssConfig c;
        int n;

        if (rss_codec_parse(message, size, &c) >= 0)
                check_config(&c);
        (void) rss_codec_parse_context(message, size, &context);
        n = p ? flow_hash_codec_parse(message, size, p) : 0;
        if (!p || (n >= 0 && p->n_entries > (size_t) n))
                abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        const uint8_t *end = memchr(data, '\n', size);
        size_t length = end ? (size_t) (end - data) : 0;
        RssConfig c;
        void *message;

        if (!end)
                return 0;
        size -= length + 1;
        message = malloc(size > 0 ? size : 1); /* aligned, as from the kernel */
        if (!message)
                abort();
        memcpy(message, end + 1, size);
        if (length == 3 && memcmp(data, "rss", 3) == 0) {
                if (ethtool_ioctl_parse_rss(message, size, &c) >= 0)
                        check_config(&c);
        } else if (length == 7 && memcmp(data, "netlink", 7) == 0)
                check_message(message, size);
        else if (length == 4 && memcmp(data, "rule", 4) == 0)
                check_rule(message, size);
        free(message);
        return 0;
}
