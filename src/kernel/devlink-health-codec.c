/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <linux/devlink.h>
#include <linux/genetlink.h>

#include "devlink-health-codec.h"
#include "netlink-socket.h"
#include "wire-attribute.h"

struct nl_msg *devlink_health_request(uint16_t family) {
        return netlink_genl_message(family, DEVLINK_CMD_HEALTH_REPORTER_GET, DEVLINK_GENL_VERSION);
}

static int take_text(const struct nlattr *attr, char *s, size_t size) {
        size_t length = strnlen(nla_data(attr), (size_t) nla_len(attr));

        if (length >= size)
                return -ENOMSG;
        memcpy(s, nla_data(attr), length);
        s[length] = 0;
        return 0;
}

static int take_reporter(const struct nlattr *nest, DevlinkReporter *r) {
        struct nlattr *attr;
        bool counted = false;
        int rest, result = 0;

        if (!wire_list_is_whole(nla_data(nest), (size_t) nla_len(nest)))
                return -EBADMSG;
        nla_for_each_nested(attr, (struct nlattr *) nest, rest) {
                if (nla_type(attr) == DEVLINK_ATTR_HEALTH_REPORTER_NAME)
                        result = take_text(attr, r->name, sizeof(r->name));
                else if (nla_type(attr) == DEVLINK_ATTR_HEALTH_REPORTER_ERR_COUNT) {
                        if (nla_len(attr) < (int) sizeof(uint64_t))
                                return -EBADMSG;
                        r->errors = nla_get_u64(attr);
                        counted = true;
                }
                if (result < 0)
                        return result;
        }
        return counted && r->name[0] ? 0 : -EBADMSG;
}

int devlink_health_parse(const void *message, size_t size, DevlinkReporter *ret) {
        const struct genlmsghdr *header = message;
        DevlinkReporter reporter = {};
        const void *list = header + 1;
        struct nlattr *attr;
        bool found = false;
        int rest, r;

        if (size < GENL_HDRLEN)
                return -EBADMSG;
        /* An answer comes as the first, a notice as the second (net/core/devlink.c, devlink_recover_notify()).
         */
        if (header->cmd != DEVLINK_CMD_HEALTH_REPORTER_GET &&
                        header->cmd != DEVLINK_CMD_HEALTH_REPORTER_RECOVER)
                return -ENOMSG;
        size -= GENL_HDRLEN;
        if (!wire_list_is_whole(list, size))
                return -EBADMSG;
        nla_for_each_attr(attr, (struct nlattr *) list, (int) size, rest) {
                r = 0;
                if (nla_type(attr) == DEVLINK_ATTR_BUS_NAME)
                        r = take_text(attr, reporter.bus, sizeof(reporter.bus));
                else if (nla_type(attr) == DEVLINK_ATTR_DEV_NAME)
                        r = take_text(attr, reporter.device, sizeof(reporter.device));
                else if (nla_type(attr) == DEVLINK_ATTR_HEALTH_REPORTER) {
                        r = take_reporter(attr, &reporter);
                        found = true;
                }
                if (r < 0)
                        return r;
        }
        if (!found || !reporter.bus[0] || !reporter.device[0])
                return -EBADMSG;
        *ret = reporter;
        return 0;
}
