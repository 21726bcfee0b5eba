/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "alloc-util.h"
#include "bond-codec.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        _cleanup_free_ struct nlmsghdr *message = malloc(size > 0 ? size : 1);
        BondState bond;
        BondPort port;

        if (!message)
                abort();
        memcpy(message, data, size);
        if (size < sizeof(*message))
                return 0;
        /* libnl promises its handlers that the length is within what was received, no more */
        if (message->nlmsg_len > size || message->nlmsg_len < sizeof(*message))
                message->nlmsg_len = (uint32_t) size;
        if (bond_codec_parse(message, &bond) == 0 &&
                        (bond.ifindex <= 0 || strnlen(bond.name, IFNAMSIZ) == IFNAMSIZ ||
                                        !bond_mode_to_string(bond.mode)))
                abort();
        if (bond_codec_parse_port(message, &port) == 0 &&
                        (port.ifindex <= 0 || port.bond == 0 || strnlen(port.name, IFNAMSIZ) == IFNAMSIZ))
                abort();
        return 0;
}
