/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <linux/genetlink.h>

#include "genl-policy-codec.h"
#include "netlink-socket.h"
#include "wire-attribute.h"

struct nl_msg *genl_policy_codec_get(uint16_t family, uint32_t command) {
        _cleanup_(netlink_message_freep) struct nl_msg *m = netlink_genl_message(
                        GENL_ID_CTRL, CTRL_CMD_GETPOLICY, 1);

        if (!m || nla_put_u16(m, CTRL_ATTR_FAMILY_ID, family) < 0 || nla_put_u32(m, CTRL_ATTR_OP, command) < 0)
                return NULL;
        return TAKE_PTR(m);
}

static bool nest_is_whole(struct nlattr *nest) {
        return wire_list_is_whole(nla_data(nest), (size_t) nla_len(nest));
}

/* Per command, per way to ask: the number of the policy. */
static int parse_commands(struct nlattr *commands, GenlPolicy *p) {
        struct nlattr *command, *way;
        int rest, left;

        if (!nest_is_whole(commands))
                return -EBADMSG;
        nla_for_each_nested(command, commands, rest) {
                if ((uint32_t) nla_type(command) != p->command)
                        continue;
                if (!nest_is_whole(command))
                        return -EBADMSG;
                nla_for_each_nested(way, command, left) {
                        if (nla_type(way) != CTRL_ATTR_POLICY_DO)
                                continue;
                        if (nla_len(way) < 4)
                                return -EBADMSG;
                        p->number = nla_get_u32(way);
                        p->known = true;
                }
        }
        return 0;
}

static int parse_policies(struct nlattr *policies, GenlPolicy *p) {
        struct nlattr *policy, *attr;
        int rest, left;

        if (!nest_is_whole(policies))
                return -EBADMSG;
        nla_for_each_nested(policy, policies, rest) {
                if (!p->known || (uint32_t) nla_type(policy) != p->number)
                        continue;
                if (!nest_is_whole(policy))
                        return -EBADMSG;
                nla_for_each_nested(attr, policy, left)
                        if (nla_type(attr) < 64)
                                p->accepted |= UINT64_C(1) << nla_type(attr);
        }
        return 0;
}

int genl_policy_codec_parse(const void *attributes, size_t size, GenlPolicy *p) {
        struct nlattr *attr;
        int rest, r = 0;

        if (!wire_list_is_whole(attributes, size))
                return -EBADMSG;
        nla_for_each_attr(attr, (struct nlattr *) attributes, (int) size, rest) {
                if (nla_type(attr) == CTRL_ATTR_OP_POLICY)
                        r = parse_commands(attr, p);
                else if (nla_type(attr) == CTRL_ATTR_POLICY)
                        r = parse_policies(attr, p);
                if (r < 0)
                        return r;
        }
        return 0;
}
