/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <inttypes.h>
#include <linux/devlink.h>
#include <linux/genetlink.h>
#include <stdio.h>

#include "devlink-codec.h"
#include "wire-attribute.h"

/* What a parameter's type may be: enum nla_type of the kernel's include/net/netlink.h, which is not in uapi. */
enum {
        TYPE_U8 = 1,
        TYPE_U16 = 2,
        TYPE_U32 = 3,
        TYPE_STRING = 5,
        TYPE_FLAG = 6,
};

#define TEXT_MAX 64

int devlink_codec_put_get(struct nl_msg *m) {
        struct genlmsghdr header = { .cmd = DEVLINK_CMD_PARAM_GET, .version = DEVLINK_GENL_VERSION };

        return nlmsg_append(m, &header, sizeof(header), NLMSG_ALIGNTO) < 0 ? -EMSGSIZE : 0;
}

static bool text_is(const struct nlattr *attr, const char *s) {
        return (size_t) nla_len(attr) == strlen(s) + 1 && memcmp(nla_data(attr), s, strlen(s) + 1) == 0;
}

static bool take_text(const struct nlattr *attr, char *s, size_t size) {
        size_t length = strnlen(nla_data(attr), (size_t) nla_len(attr));

        if (length >= size)
                return false;
        memcpy(s, nla_data(attr), length);
        s[length] = 0;
        return true;
}

/* A flag is set by being there. */
static int data_format(char text[static TEXT_MAX], uint8_t type, const struct nlattr *data) {
        static const uint8_t sizes[] = { [TYPE_U8] = 1, [TYPE_U16] = 2, [TYPE_U32] = 4 };

        if (type == TYPE_FLAG)
                snprintf(text, TEXT_MAX, "%s", data ? "true" : "false");
        else if (!data)
                return -EBADMSG;
        else if (type == TYPE_STRING) {
                if (!take_text(data, text, TEXT_MAX))
                        snprintf(text, TEXT_MAX, "(long)");
        } else if (type < ELEMENTSOF(sizes) && sizes[type] > 0) {
                uint32_t n;

                if (nla_len(data) < sizes[type])
                        return -EBADMSG;
                n = type == TYPE_U8                ? nla_get_u8(data)
                                : type == TYPE_U16 ? nla_get_u16(data)
                                                   : nla_get_u32(data);
                snprintf(text, TEXT_MAX, "%" PRIu32, n);
        } else
                return -ENOMSG; /* a type of a later kernel */
        return 0;
}

static int take_value(const char *name, uint8_t type, struct nlattr *nest, AdapterProfile *p) {
        struct nlattr *attr, *data = NULL;
        char text[TEXT_MAX];
        uint8_t mode = UINT8_MAX;
        AdapterValue *v;
        int rest, r;

        if (!wire_list_is_whole(nla_data(nest), (size_t) nla_len(nest)))
                return -EBADMSG;
        nla_for_each_nested(attr, nest, rest) {
                if (nla_type(attr) == DEVLINK_ATTR_PARAM_VALUE_DATA)
                        data = attr;
                else if (nla_type(attr) == DEVLINK_ATTR_PARAM_VALUE_CMODE && nla_len(attr) >= 1)
                        mode = nla_get_u8(attr);
        }
        if (mode > DEVLINK_PARAM_CMODE_MAX)
                return 0;
        r = data_format(text, type, data);
        if (r < 0)
                return r == -ENOMSG ? 0 : r;
        v = adapter_profile_add(p, ATTRIBUTE_DEVLINK, mode, name);
        if (v)
                *v = adapter_value_bytes(text, strlen(text));
        return 0;
}

static int take_parameter(struct nlattr *nest, AdapterProfile *p) {
        struct nlattr *attr, *values = NULL;
        char name[ADAPTER_NAME_MAX] = "";
        uint8_t type = 0;
        int rest, r;

        if (!wire_list_is_whole(nla_data(nest), (size_t) nla_len(nest)))
                return -EBADMSG;
        nla_for_each_nested(attr, nest, rest) {
                if (nla_type(attr) == DEVLINK_ATTR_PARAM_NAME) {
                        if (!take_text(attr, name, sizeof(name)))
                                p->truncated = true;
                } else if (nla_type(attr) == DEVLINK_ATTR_PARAM_TYPE && nla_len(attr) >= 1)
                        type = nla_get_u8(attr);
                else if (nla_type(attr) == DEVLINK_ATTR_PARAM_VALUES_LIST)
                        values = attr;
        }
        if (!values || !name[0])
                return 0;
        if (!wire_list_is_whole(nla_data(values), (size_t) nla_len(values)))
                return -EBADMSG;
        nla_for_each_nested(attr, values, rest) {
                r = nla_type(attr) == DEVLINK_ATTR_PARAM_VALUE ? take_value(name, type, attr, p) : 0;
                if (r < 0)
                        return r;
        }
        return 0;
}

int devlink_codec_parse(
                const void *attributes, size_t size, const char *bus, const char *device, AdapterProfile *p) {
        struct nlattr *attr, *parameter = NULL;
        bool same_bus = false, same_device = false;
        int rest;

        if (!wire_list_is_whole(attributes, size))
                return -EBADMSG;
        nla_for_each_attr(attr, (struct nlattr *) attributes, (int) size, rest) {
                if (nla_type(attr) == DEVLINK_ATTR_BUS_NAME)
                        same_bus = text_is(attr, bus);
                else if (nla_type(attr) == DEVLINK_ATTR_DEV_NAME)
                        same_device = text_is(attr, device);
                else if (nla_type(attr) == DEVLINK_ATTR_PARAM)
                        parameter = attr;
        }
        return same_bus && same_device && parameter ? take_parameter(parameter, p) : 0;
}
