/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "adapter-xdp.h"
#include "alloc-util.h"
#include "bpf-program.h"
#include "link-settings-codec.h"

int adapter_xdp_write(NetlinkSocket *route, int ifindex, const AdapterChange *change, Error *e) {
        _cleanup_(netlink_message_freep) struct nl_msg *m = NULL;
        uint32_t id = (uint32_t) change->value.word[0];
        _cleanup_close_ int fd = -EBADF;
        int r;

        if (id != 0) {
                fd = bpf_program_open(id, e);
                if (fd < 0)
                        return fd;
        }
        r = link_settings_codec_set_xdp(ifindex, change->attribute, id != 0 ? fd : -1, -1, &m);
        if (r < 0)
                return error_errno(e, r, "link message");
        return netlink_socket_request(route, m, NULL, NULL, e);
}
