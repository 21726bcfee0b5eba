/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <bpf/bpf.h>

#include "alloc-util.h"
#include "redirect-hook.h"

/* include/uapi/linux/bpf.h since Linux 6.6 */
#define LINK_TYPE_TCX 11

/* Where our classifiers are on a clsact qdisc: behind others' first one, under a handle nobody picks. */
#define FILTER_PRIORITY 2
#define FILTER_HANDLE   0x7072

bool redirect_hook_without_tcx = false;

/* The link of an earlier process, when it still holds on to the device: its fd. */
static int find_link(const RedirectPlace *p, uint32_t *ret_program) {
        struct bpf_link_info info = {};
        uint32_t size = sizeof(info);
        int fd = bpf_obj_get(p->pin);

        if (fd < 0)
                return -ENOENT;
        /* info.tcx has the interface index first, as info.xdp has; Debian 12's header knows only the latter. */
        if (bpf_obj_get_info_by_fd(fd, &info, &size) < 0 || (int) info.type != LINK_TYPE_TCX ||
                        (int) info.xdp.ifindex != p->ifindex) {
                unlink(p->pin);
                close(fd);
                return -ENOENT;
        }
        *ret_program = info.prog_id;
        return fd;
}

/* The id of the classifier's program, 0 for none. */
static uint32_t find_filter(const RedirectPlace *p) {
        LIBBPF_OPTS(bpf_tc_hook, where, .ifindex = p->ifindex, .attach_point = p->hook->point);
        LIBBPF_OPTS(bpf_tc_opts, filter, .handle = FILTER_HANDLE, .priority = FILTER_PRIORITY);

        return bpf_tc_query(&where, &filter) == 0 ? filter.prog_id : 0;
}

uint32_t redirect_hook_find(const RedirectPlace *p) {
        uint32_t program = 0;
        _cleanup_close_ int fd = find_link(p, &program);

        return fd >= 0 ? program : find_filter(p);
}

static int attach_link(const RedirectPlace *p, int program_fd) {
        uint32_t before;
        _cleanup_close_ int fd = find_link(p, &before);

        if (fd >= 0)
                return bpf_link_update(fd, program_fd, NULL) < 0 ? -errno : 0;
        if (redirect_hook_without_tcx)
                return -EINVAL;
        fd = bpf_link_create(program_fd, p->ifindex, (enum bpf_attach_type) p->hook->link_type, NULL);
        if (fd < 0)
                return -errno;
        return bpf_obj_pin(fd, p->pin) < 0 ? -errno : 0;
}

static int attach_filter(const RedirectPlace *p, int program_fd, uint32_t *clsact) {
        LIBBPF_OPTS(bpf_tc_hook, qdisc, .ifindex = p->ifindex, .attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS);
        LIBBPF_OPTS(bpf_tc_hook, where, .ifindex = p->ifindex, .attach_point = p->hook->point);
        LIBBPF_OPTS(bpf_tc_opts, filter, .handle = FILTER_HANDLE, .priority = FILTER_PRIORITY,
                        .prog_fd = program_fd, .flags = BPF_TC_F_REPLACE);
        int r = bpf_tc_hook_create(&qdisc);

        if (r == 0)
                *clsact = 1;
        else if (r != -EEXIST)
                return r;
        return bpf_tc_attach(&where, &filter);
}

int redirect_hook_attach(const RedirectPlace *p, int program_fd, uint32_t *clsact) {
        int r;

        if (find_filter(p) == 0) {
                r = attach_link(p, program_fd);
                /* EINVAL is what a kernel before 6.6 says to an attach type it does not know. */
                if (r != -EINVAL && r != -EOPNOTSUPP)
                        return r;
        }
        return attach_filter(p, program_fd, clsact);
}

int redirect_hook_detach(const RedirectPlace *p) {
        LIBBPF_OPTS(bpf_tc_hook, where, .ifindex = p->ifindex, .attach_point = p->hook->point);
        LIBBPF_OPTS(bpf_tc_opts, filter, .handle = FILTER_HANDLE, .priority = FILTER_PRIORITY);
        uint32_t program;
        _cleanup_close_ int fd = find_link(p, &program);
        int r;

        if (fd >= 0) {
                r = bpf_link_detach(fd) < 0 ? -errno : 0;
                unlink(p->pin);
                return r;
        }
        return find_filter(p) != 0 ? bpf_tc_detach(&where, &filter) : 0;
}

int redirect_hook_remove_clsact(int ifindex) {
        LIBBPF_OPTS(bpf_tc_hook, qdisc, .ifindex = ifindex, .attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS);

        return bpf_tc_hook_destroy(&qdisc);
}
