/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <sys/socket.h>

#include "address-list-codec.h"
#include "ether-address.h"
#include "netlink-socket.h"
#include "wire-attribute.h"

static struct nl_msg *neighbour_message(int type, const struct ndmsg *header) {
        _cleanup_(netlink_message_freep) struct nl_msg *m = nlmsg_alloc_simple(type, NLM_F_REQUEST);

        if (!m || nlmsg_append(m, (void *) header, sizeof(*header), NLMSG_ALIGNTO) < 0)
                return NULL;
        return TAKE_PTR(m);
}

struct nl_msg *address_list_codec_get(int ifindex) {
        return neighbour_message(
                        RTM_GETNEIGH, &(struct ndmsg){ .ndm_family = AF_BRIDGE, .ndm_ifindex = ifindex });
}

int address_list_codec_set(int ifindex, const AdapterChange *change, struct nl_msg **ret) {
        struct ndmsg header = {
                .ndm_family = AF_BRIDGE,
                .ndm_ifindex = ifindex,
                .ndm_state = NUD_PERMANENT,
                .ndm_flags = NTF_SELF,
        };
        int type = change->value.absent ? RTM_DELNEIGH : RTM_NEWNEIGH;
        _cleanup_(netlink_message_freep) struct nl_msg *m = neighbour_message(type, &header);
        EtherAddress address;
        char end;

        if (!m)
                return -ENOMEM;
        if (sscanf(change->name, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx%c", &address.octet[0], &address.octet[1],
                            &address.octet[2], &address.octet[3], &address.octet[4], &address.octet[5],
                            &end) != 6)
                return -EINVAL;
        if (!change->value.absent)
                nlmsg_hdr(m)->nlmsg_flags |= NLM_F_CREATE | NLM_F_EXCL;
        if (nla_put(m, NDA_LLADDR, sizeof(address), &address) < 0)
                return -ENOMEM;
        *ret = TAKE_PTR(m);
        return 0;
}

static bool is_configuration(const EtherAddress *a) {
        static const struct {
                uint8_t octets[5];
                size_t length;
        } others[] = {
                { { 0x01, 0x00, 0x5e }, 3 },             /* RFC 1112 6.4 */
                { { 0x33, 0x33 }, 2 },                   /* RFC 2464 7 */
                { { 0x01, 0x80, 0xc2, 0x00, 0x00 }, 5 }, /* IEEE 802.1Q 8.6.3 */
        };

        for (size_t i = 0; i < ELEMENTSOF(others); i++)
                if (memcmp(a->octet, others[i].octets, others[i].length) == 0)
                        return false;
        return true;
}

int address_list_codec_parse(const void *payload, size_t size, AdapterProfile *p) {
        const size_t header = NLMSG_ALIGN(sizeof(struct ndmsg));
        const uint8_t *attributes = (const uint8_t *) payload + header;
        struct nlattr *attr;
        struct ndmsg nd;
        int rest;

        if (size < header || !wire_list_is_whole(attributes, size - header))
                return -EBADMSG;
        memcpy(&nd, payload, sizeof(nd));
        if (nd.ndm_family != AF_BRIDGE || nd.ndm_ifindex != p->ifindex || !(nd.ndm_flags & NTF_SELF))
                return 0;
        nla_for_each_attr(attr, (struct nlattr *) attributes, (int) (size - header), rest) {
                char name[ADAPTER_NAME_MAX];
                EtherAddress address;
                AdapterValue *v;

                if (nla_type(attr) != NDA_LLADDR || nla_len(attr) != sizeof(address))
                        continue;
                memcpy(&address, nla_data(attr), sizeof(address));
                if (!is_configuration(&address))
                        continue;
                ether_address_format(name, sizeof(name), &address);
                v = adapter_profile_add(p, ATTRIBUTE_ADDRESS, 0, name);
                if (v)
                        *v = adapter_value_number(1);
        }
        return 0;
}
