/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/xfrm.h>
#include <stdio.h>
#include <sys/socket.h>

#include "netlink-socket.h"
#include "upper-link-codec.h"
#include "wire-attribute.h"

#define FILTER_SKIP_STATS (1U << 3) /* RTEXT_FILTER_SKIP_STATS, linux/rtnetlink.h */

struct nl_msg *upper_link_codec_get(const char *kind) {
        struct ifinfomsg info = { .ifi_family = AF_UNSPEC };
        _cleanup_(netlink_message_freep) struct nl_msg *m = nlmsg_alloc_simple(RTM_GETLINK, NLM_F_REQUEST);
        struct nlattr *nest;

        if (!m || nlmsg_append(m, &info, sizeof(info), NLMSG_ALIGNTO) < 0 ||
                        nla_put_u32(m, IFLA_EXT_MASK, FILTER_SKIP_STATS) < 0)
                return NULL;
        nest = nla_nest_start(m, IFLA_LINKINFO | NLA_F_NESTED);
        if (!nest || nla_put_string(m, IFLA_INFO_KIND, kind) < 0)
                return NULL;
        nla_nest_end(m, nest);
        return TAKE_PTR(m);
}

static void count(AdapterProfile *p, AdapterAttribute a) {
        p->value[a] = adapter_value_number(p->value[a].word[0] + 1);
}

typedef struct Upper {
        uint32_t link;
        bool vlan, macsec, offloaded;
} Upper;

static int parse_macsec(struct nlattr *data, Upper *u) {
        struct nlattr *attr;
        int rest;

        if (!wire_list_is_whole(nla_data(data), (size_t) nla_len(data)))
                return -EBADMSG;
        nla_for_each_nested(attr, data, rest)
                if (nla_type(attr) == IFLA_MACSEC_OFFLOAD && nla_len(attr) >= 1)
                        u->offloaded = nla_get_u8(attr) != MACSEC_OFFLOAD_OFF;
        return 0;
}

static bool kind_is(const struct nlattr *attr, const char *kind) {
        size_t length = strnlen(nla_data(attr), (size_t) nla_len(attr));

        return length == strlen(kind) && memcmp(nla_data(attr), kind, length) == 0;
}

static int parse_info(struct nlattr *info, Upper *u) {
        struct nlattr *attr, *data = NULL;
        int rest;

        if (!wire_list_is_whole(nla_data(info), (size_t) nla_len(info)))
                return -EBADMSG;
        nla_for_each_nested(attr, info, rest) {
                if (nla_type(attr) == IFLA_INFO_DATA)
                        data = attr;
                else if (nla_type(attr) == IFLA_INFO_KIND) {
                        u->vlan = kind_is(attr, "vlan");
                        u->macsec = kind_is(attr, "macsec");
                }
        }
        return u->macsec && data ? parse_macsec(data, u) : 0;
}

/* 0 for what is not on top of the adapter. */
static int parse_upper(const void *payload, size_t size, int ifindex, Upper *ret) {
        const size_t header = NLMSG_ALIGN(sizeof(struct ifinfomsg));
        const uint8_t *attributes = (const uint8_t *) payload + header;
        struct nlattr *attr;
        Upper u = {};
        int rest, r;

        if (size < header || !wire_list_is_whole(attributes, size - header))
                return -EBADMSG;
        nla_for_each_attr(attr, (struct nlattr *) attributes, (int) (size - header), rest) {
                if (nla_type(attr) == IFLA_LINK && nla_len(attr) >= 4)
                        u.link = nla_get_u32(attr);
                else if (nla_type(attr) == IFLA_LINK_NETNSID)
                        return 0; /* on top of an adapter of another namespace */
                else if (nla_type(attr) == IFLA_LINKINFO) {
                        r = parse_info(attr, &u);
                        if (r < 0)
                                return r;
                }
        }
        *ret = u;
        return u.link == (uint32_t) ifindex;
}

int upper_link_codec_parse_vlan(const void *payload, size_t size, AdapterProfile *p) {
        Upper u;
        int r = parse_upper(payload, size, p->ifindex, &u);

        if (r > 0 && u.vlan)
                count(p, ATTRIBUTE_VLANS);
        return r < 0 ? r : 0;
}

int upper_link_codec_parse_macsec(const void *payload, size_t size, AdapterProfile *p) {
        Upper u;
        int r = parse_upper(payload, size, p->ifindex, &u);

        if (r > 0 && u.macsec && u.offloaded)
                count(p, ATTRIBUTE_MACSEC_DEVICES);
        return r < 0 ? r : 0;
}

struct nl_msg *xfrm_states_codec_get(void) {
        return nlmsg_alloc_simple(XFRM_MSG_GETSA, NLM_F_REQUEST);
}

int xfrm_states_codec_parse(const void *payload, size_t size, AdapterProfile *p) {
        const size_t header = NLMSG_ALIGN(sizeof(struct xfrm_usersa_info));
        const uint8_t *attributes = (const uint8_t *) payload + header;
        struct xfrm_user_offload offload;
        struct nlattr *attr;
        int rest;

        if (size < header || !wire_list_is_whole(attributes, size - header))
                return -EBADMSG;
        nla_for_each_attr(attr, (struct nlattr *) attributes, (int) (size - header), rest)
                if (nla_type(attr) == XFRMA_OFFLOAD_DEV && nla_len(attr) >= (int) sizeof(offload)) {
                        memcpy(&offload, nla_data(attr), sizeof(offload));
                        if (offload.ifindex == p->ifindex)
                                count(p, ATTRIBUTE_XFRM_STATES);
                }
        return 0;
}

void tls_stat_parse_line(const char *line, AdapterProfile *p) {
        unsigned long n;

        if (sscanf(line, "TlsCurrTxDevice %lu", &n) == 1)
                p->value[ATTRIBUTE_TLS_TX] = adapter_value_number(n);
        else if (sscanf(line, "TlsCurrRxDevice %lu", &n) == 1)
                p->value[ATTRIBUTE_TLS_RX] = adapter_value_number(n);
}
