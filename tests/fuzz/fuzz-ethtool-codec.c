/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the kernel says about an adapter, as any bytes: "<item>\n" or "link\n", then the message's attributes.
 */

#include <stdlib.h>

#include "ethtool-codec.h"
#include "fuzz.h"
#include "link-settings-codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        const uint8_t *end = memchr(data, '\n', size);
        _cleanup_(adapter_profile_freep) AdapterProfile *p = NULL;
        char name[32];
        PrimeItemId item;
        uint8_t *message;

        if (!end || (size_t) (end - data) >= sizeof(name))
                return 0;
        memcpy(name, data, (size_t) (end - data));
        name[end - data] = 0;
        size -= (size_t) (end + 1 - data);
        message = malloc(size > 0 ? size : 1); /* aligned, as from a socket */
        p = adapter_profile_new();
        if (!message || !p)
                abort();
        memcpy(message, end + 1, size);
        item = prime_item_from_string(name);
        if (streq(name, "link"))
                (void) link_settings_codec_parse(message, size, p);
        else if (item >= 0 && ethtool_codec_has(item))
                (void) ethtool_codec_parse(item, message, size, p);
        for (size_t i = 0; i < ADAPTER_FEATURES_MAX; i++)
                assert(memchr(p->feature[i].name, 0, ADAPTER_NAME_MAX));
        assert(memchr(p->name, 0, sizeof(p->name)) && memchr(p->kind, 0, sizeof(p->kind)));
        free(message);
        return 0;
}
