/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "alloc-util.h"
#include "fuzz.h"
#include "netlink-socket.h"
#include "rtnl-codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        _cleanup_free_ struct nlmsghdr *message = malloc(size > 0 ? size : 1);
        LinkCounters counters;
        LinkMessage link;
        char words[128];

        if (!message)
                abort();
        memcpy(message, data, size);
        if (size < sizeof(*message))
                return 0;
        /* netlink_socket promises its handlers that the length is within what was received, no more */
        if (message->nlmsg_len > size || message->nlmsg_len < sizeof(*message))
                message->nlmsg_len = (uint32_t) size;
        if (rtnl_link_parse(message, &link) == 0) {
                if (link.state.ifindex <= 0 || strnlen(link.state.name, IFNAMSIZ) == IFNAMSIZ ||
                                strnlen(link.state.kind, LINK_KIND_MAX) == LINK_KIND_MAX ||
                                strnlen(link.state.parent_name, LINK_PARENT_MAX) == LINK_PARENT_MAX ||
                                !link_state_equal(&link.state, &link.state))
                        abort();
        }
        if (rtnl_counters_parse(message, &counters) == 0 && counters.ifindex <= 0)
                abort();
        (void) rtnl_address_parse(message);
        if (netlink_message_words(message, words, sizeof(words)) &&
                        strnlen(words, sizeof(words)) == sizeof(words))
                abort();
        return 0;
}
