/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <linux/dcbnl.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <sys/socket.h>

#include "dcb-codec.h"
#include "netlink-socket.h"
#include "wire-attribute.h"

#define CLASSES  IEEE_8021QAZ_MAX_TCS
#define ETS_SIZE (4 * CLASSES)
#define PFC_SIZE 4

static struct nl_msg *dcb_message(int type, uint8_t command, const char *name) {
        struct dcbmsg header = { .dcb_family = AF_UNSPEC, .cmd = command };
        _cleanup_(netlink_message_freep) struct nl_msg *m = nlmsg_alloc_simple(type, NLM_F_REQUEST);

        if (!m || nlmsg_append(m, &header, sizeof(header), NLMSG_ALIGNTO) < 0 ||
                        nla_put_string(m, DCB_ATTR_IFNAME, name) < 0)
                return NULL;
        return TAKE_PTR(m);
}

struct nl_msg *dcb_codec_get(const char *name) {
        return dcb_message(RTM_GETDCB, DCB_CMD_IEEE_GET, name);
}

static int put_ets(struct nl_msg *m, const AdapterValue *v) {
        const uint8_t *data = adapter_value_data(v);
        struct ieee_ets ets = {};

        if (v->size != ETS_SIZE)
                return -EINVAL;
        memcpy(ets.tc_tx_bw, data, CLASSES);
        memcpy(ets.tc_rx_bw, data + CLASSES, CLASSES);
        memcpy(ets.tc_tsa, data + 2 * CLASSES, CLASSES);
        memcpy(ets.prio_tc, data + 3 * CLASSES, CLASSES);
        return nla_put(m, DCB_ATTR_IEEE_ETS, sizeof(ets), &ets) < 0 ? -EMSGSIZE : 0;
}

static int put_pfc(struct nl_msg *m, const AdapterValue *v) {
        const uint8_t *data = adapter_value_data(v);
        struct ieee_pfc pfc = {};

        if (v->size != PFC_SIZE)
                return -EINVAL;
        pfc.pfc_en = data[0];
        pfc.mbc = data[1];
        pfc.delay = (uint16_t) (data[2] | data[3] << 8);
        return nla_put(m, DCB_ATTR_IEEE_PFC, sizeof(pfc), &pfc) < 0 ? -EMSGSIZE : 0;
}

static int put_app(struct nl_msg *m, const char *name) {
        unsigned selector, protocol, priority;
        struct nlattr *table;
        struct dcb_app app;
        char end;

        if (sscanf(name, "%3u:%5u:%3u%c", &selector, &protocol, &priority, &end) != 3 || selector > UINT8_MAX ||
                        protocol > UINT16_MAX || priority > UINT8_MAX)
                return -EINVAL;
        app = (struct dcb_app){
                .selector = (uint8_t) selector, .priority = (uint8_t) priority, .protocol = (uint16_t) protocol
        };
        table = nla_nest_start(m, DCB_ATTR_IEEE_APP_TABLE | NLA_F_NESTED);
        if (!table || nla_put(m, DCB_ATTR_IEEE_APP, sizeof(app), &app) < 0)
                return -EMSGSIZE;
        nla_nest_end(m, table);
        return 0;
}

int dcb_codec_set(const char *name, const AdapterChange *change, struct nl_msg **ret) {
        uint8_t command = change->value.absent ? DCB_CMD_IEEE_DEL : DCB_CMD_IEEE_SET;
        _cleanup_(netlink_message_freep) struct nl_msg *m = dcb_message(RTM_SETDCB, command, name);
        struct nlattr *nest = m ? nla_nest_start(m, DCB_ATTR_IEEE | NLA_F_NESTED) : NULL;
        int r;

        if (!nest)
                return -ENOMEM;
        if (change->attribute == ATTRIBUTE_DCB_ETS)
                r = put_ets(m, &change->value);
        else if (change->attribute == ATTRIBUTE_DCB_PFC)
                r = put_pfc(m, &change->value);
        else if (change->attribute == ATTRIBUTE_DCB_APP)
                r = put_app(m, change->name);
        else
                r = -EOPNOTSUPP;
        if (r < 0)
                return r;
        nla_nest_end(m, nest);
        *ret = TAKE_PTR(m);
        return 0;
}

static int take_ets(const struct nlattr *attr, AdapterProfile *p) {
        uint8_t bytes[ETS_SIZE];
        struct ieee_ets ets;

        if (nla_len(attr) < (int) sizeof(ets))
                return -EBADMSG;
        memcpy(&ets, nla_data(attr), sizeof(ets));
        memcpy(bytes, ets.tc_tx_bw, CLASSES);
        memcpy(bytes + CLASSES, ets.tc_rx_bw, CLASSES);
        memcpy(bytes + 2 * CLASSES, ets.tc_tsa, CLASSES);
        memcpy(bytes + 3 * CLASSES, ets.prio_tc, CLASSES);
        p->value[ATTRIBUTE_DCB_ETS] = adapter_value_bytes(bytes, sizeof(bytes));
        return 0;
}

static int take_pfc(const struct nlattr *attr, AdapterProfile *p) {
        struct ieee_pfc pfc;

        if (nla_len(attr) < (int) sizeof(pfc))
                return -EBADMSG;
        memcpy(&pfc, nla_data(attr), sizeof(pfc));
        p->value[ATTRIBUTE_DCB_PFC] = adapter_value_bytes(
                        (uint8_t[PFC_SIZE]){
                                        pfc.pfc_en, pfc.mbc, (uint8_t) pfc.delay, (uint8_t) (pfc.delay >> 8) },
                        PFC_SIZE);
        return 0;
}

static int take_apps(struct nlattr *table, AdapterProfile *p) {
        struct nlattr *attr;
        int rest;

        if (!wire_list_is_whole(nla_data(table), (size_t) nla_len(table)))
                return -EBADMSG;
        nla_for_each_nested(attr, table, rest) {
                char name[ADAPTER_NAME_MAX];
                struct dcb_app app;
                AdapterValue *v;

                if (nla_type(attr) != DCB_ATTR_IEEE_APP)
                        continue;
                if (nla_len(attr) < (int) sizeof(app))
                        return -EBADMSG;
                memcpy(&app, nla_data(attr), sizeof(app));
                snprintf(name, sizeof(name), "%u:%u:%u", app.selector, app.protocol, app.priority);
                v = adapter_profile_add(p, ATTRIBUTE_DCB_APP, 0, name);
                if (v)
                        *v = adapter_value_number(1);
        }
        return 0;
}

static int take_ieee(struct nlattr *nest, AdapterProfile *p) {
        struct nlattr *attr;
        int rest, r = 0;

        if (!wire_list_is_whole(nla_data(nest), (size_t) nla_len(nest)))
                return -EBADMSG;
        nla_for_each_nested(attr, nest, rest) {
                if (nla_type(attr) == DCB_ATTR_IEEE_ETS)
                        r = take_ets(attr, p);
                else if (nla_type(attr) == DCB_ATTR_IEEE_PFC)
                        r = take_pfc(attr, p);
                else if (nla_type(attr) == DCB_ATTR_IEEE_APP_TABLE)
                        r = take_apps(attr, p);
                if (r < 0)
                        return r;
        }
        return 0;
}

/* The attributes after the header, NULL when there is not even that. */
static const struct nlattr *dcb_attributes(const void *payload, size_t size, size_t *ret_size) {
        size_t header = NLMSG_ALIGN(sizeof(struct dcbmsg));

        if (size < header || !wire_list_is_whole((const uint8_t *) payload + header, size - header))
                return NULL;
        *ret_size = size - header;
        return (const struct nlattr *) ((const uint8_t *) payload + header);
}

int dcb_codec_parse(const void *payload, size_t size, AdapterProfile *p) {
        size_t left;
        const struct nlattr *list = dcb_attributes(payload, size, &left);
        struct nlattr *attr;
        int rest, r;

        if (!list)
                return -EBADMSG;
        nla_for_each_attr(attr, (struct nlattr *) list, (int) left, rest)
                if (nla_type(attr) == DCB_ATTR_IEEE) {
                        r = take_ieee(attr, p);
                        if (r < 0)
                                return r;
                }
        return 0;
}

int dcb_codec_parse_result(const void *payload, size_t size) {
        size_t left;
        const struct nlattr *list = dcb_attributes(payload, size, &left);
        struct nlattr *attr;
        int rest;

        if (!list)
                return -EBADMSG;
        nla_for_each_attr(attr, (struct nlattr *) list, (int) left, rest)
                if (nla_type(attr) == DCB_ATTR_IEEE && nla_len(attr) >= 1)
                        return (int8_t) nla_get_u8(attr); /* an errno of Linux fits, negative */
        return 0;
}
