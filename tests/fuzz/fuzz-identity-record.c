/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The first byte says whether the rest is a file, or messages of the kernel, one after the other. */

#include "alloc-util.h"
#include "fuzz.h"
#include "identity-codec.h"

static void ask_for_everything(const IdentityRecord *r) {
        const IdentityPlace place = { .ifindex = { 11, 12, 13 }, .name = "eth1" };

        for (uint32_t i = 0; i < r->n_entries; i++)
                for (int remove = 0; remove < 2; remove++) {
                        struct nl_msg *m = NULL;

                        if (identity_codec_request(
                                            r, r->entries + i, &place, remove, true, USEC_PER_HOUR, &m) >= 0)
                                nlmsg_free(m);
                }
}

static void add_messages(const uint8_t *data, size_t size) {
        _cleanup_(identity_record_freep) IdentityRecord *r = NULL;

        if (identity_record_new(10, &r) < 0)
                abort();
        while (size >= NLMSG_HDRLEN) {
                _cleanup_free_ struct nlmsghdr *h = NULL;
                uint32_t length;

                memcpy(&length, data, sizeof(length));
                length = (uint32_t) CLAMP((size_t) length, (size_t) NLMSG_HDRLEN, size);
                h = malloc(length);
                if (!h)
                        abort();
                memcpy(h, data, length);
                h->nlmsg_len = length;
                (void) identity_record_concerns(r, h);
                if (identity_record_add(r, h) < 0)
                        abort();
                identity_record_add_spare(r, 11, h);
                length = (uint32_t) MIN((size_t) NLMSG_ALIGN(length), size);
                data += length;
                size -= length;
        }
        ask_for_everything(r);
        if (!identity_record_equal(r, r))
                abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        _cleanup_(identity_record_freep) IdentityRecord *r = NULL;

        if (size < 1)
                return 0;
        if (data[0] & 1)
                add_messages(data + 1, size - 1);
        else if (identity_record_decode(data + 1, size - 1, &r) >= 0)
                ask_for_everything(r);
        return 0;
}
