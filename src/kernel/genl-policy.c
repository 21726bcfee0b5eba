/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "genl-policy.h"
#include "genl-policy-codec.h"

static int take_policy(const struct nlmsghdr *message, void *userdata, Error *e) {
        size_t size;
        const void *payload = netlink_genl_payload(message, &size);
        int r = payload ? genl_policy_codec_parse(payload, size, userdata) : -EBADMSG;

        return r < 0 ? error_errno(e, r, "policy message") : 0;
}

int genl_policy_accepted(NetlinkSocket *s, uint16_t family, uint32_t command, uint64_t *ret, Error *e) {
        _cleanup_(netlink_message_freep) struct nl_msg *m = genl_policy_codec_get(family, command);
        GenlPolicy policy = { .command = command };
        Error cause = {};
        int r;

        if (!m)
                return error_errno(e, -ENOMEM, "policy message");
        r = netlink_socket_dump(s, m, take_policy, &policy, &cause);
        /* no such command (ctrl_dumppolicy_start() of net/netlink/genetlink.c), or one without attributes */
        if (r == -ENOENT || r == -ENODATA || r == -EOPNOTSUPP || r == -EINVAL)
                policy.accepted = 0;
        else if (r < 0)
                return error_set(e, cause.kind, r, "what the kernel takes: %s", cause.text);
        *ret = policy.accepted;
        return 0;
}
