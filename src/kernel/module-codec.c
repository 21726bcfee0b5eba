/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <linux/ethtool_netlink.h>
#include <linux/genetlink.h>
#include <netlink/attr.h>
#include <netlink/genl/genl.h>

#include "module-codec.h"

struct nl_msg *module_request(uint16_t family, int ifindex, const ModuleBlock *b) {
        ModuleAddress at = module_area_address(b->area);
        struct nl_msg *m = nlmsg_alloc();
        struct nlattr *header;

        if (!m)
                return NULL;
        if (genlmsg_put(m, 0, 0, family, 0, 0, ETHTOOL_MSG_MODULE_EEPROM_GET, ETHTOOL_GENL_VERSION)) {
                header = nla_nest_start(m, ETHTOOL_A_MODULE_EEPROM_HEADER | NLA_F_NESTED);
                if (header && nla_put_u32(m, ETHTOOL_A_HEADER_DEV_INDEX, (uint32_t) ifindex) >= 0 &&
                                nla_nest_end(m, header) >= 0 &&
                                nla_put_u32(m, ETHTOOL_A_MODULE_EEPROM_OFFSET,
                                                (uint32_t) at.offset + b->offset) >= 0 &&
                                nla_put_u32(m, ETHTOOL_A_MODULE_EEPROM_LENGTH, b->length) >= 0 &&
                                nla_put_u8(m, ETHTOOL_A_MODULE_EEPROM_PAGE, at.page) >= 0 &&
                                nla_put_u8(m, ETHTOOL_A_MODULE_EEPROM_BANK, 0) >= 0 &&
                                nla_put_u8(m, ETHTOOL_A_MODULE_EEPROM_I2C_ADDRESS, at.i2c) >= 0)
                        return m;
        }
        nlmsg_free(m);
        return NULL;
}

int module_reply_parse(const struct nlmsghdr *message, uint8_t data[static MODULE_HALF]) {
        static const struct nla_policy policy[ETHTOOL_A_MODULE_EEPROM_MAX + 1] = {
                [ETHTOOL_A_MODULE_EEPROM_DATA] = { .type = NLA_UNSPEC, .minlen = 1, .maxlen = MODULE_HALF },
        };
        struct nlattr *a[ETHTOOL_A_MODULE_EEPROM_MAX + 1];
        int n;

        if (message->nlmsg_len < NLMSG_LENGTH(GENL_HDRLEN) ||
                        nlmsg_parse((struct nlmsghdr *) message, GENL_HDRLEN, a, ETHTOOL_A_MODULE_EEPROM_MAX,
                                        (struct nla_policy *) policy) < 0 ||
                        !a[ETHTOOL_A_MODULE_EEPROM_DATA])
                return -EBADMSG;
        n = nla_len(a[ETHTOOL_A_MODULE_EEPROM_DATA]);
        memcpy(data, nla_data(a[ETHTOOL_A_MODULE_EEPROM_DATA]), (size_t) n);
        return n;
}
