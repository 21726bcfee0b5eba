/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <sys/socket.h>
#include <unistd.h>

#include "alloc-util.h"
#include "fork-guard.h"
#include "redirect-neighbours.h"
#include "redirect-setting.h"
#include "thread-util.h"

/* Room for NEIGHBOURS_MAX messages, each of which the kernel counts as less than 1 KiB. */
#define RECEIVE_BUFFER (NEIGHBOURS_MAX * 1024)
#define MESSAGE_MAX    1024

/* A socket that takes in nothing but RTM_DELNEIGH (nlmsg_type, in this machine's byte order), not even errors:
 * so nobody has to read it in time. */
static int open_socket(Error *e) {
        struct sock_filter code[] = {
                BPF_STMT(BPF_LD | BPF_H | BPF_ABS, offsetof(struct nlmsghdr, nlmsg_type)),
                BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(RTM_DELNEIGH), 0, 1),
                BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
                BPF_STMT(BPF_RET | BPF_K, 0),
        };
        struct sock_fprog filter = { .len = ELEMENTSOF(code), .filter = code };
        struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = RTMGRP_NEIGH };
        _cleanup_close_ int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
        int size = RECEIVE_BUFFER;

        if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter)) < 0 ||
                        setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0 ||
                        bind(fd, (struct sockaddr *) &address, sizeof(address)) < 0)
                return error_errno(e, -errno, "Cannot listen for neighbours that the kernel removes");
        return TAKE_FD(fd);
}

static bool is_watched(const Neighbours *s, int ifindex) {
        for (size_t k = 0; k < s->n_devices; k++)
                if (s->devices[k] == ifindex)
                        return true;
        return false;
}

void neighbours_add(Neighbours *s, struct nlmsghdr *h, usec_t now) {
        Neighbour neighbour;

        if (neighbour_parse_removed(h, now, &neighbour) && is_watched(s, neighbour.ifindex))
                neighbour_memory_add(&s->removed, &neighbour);
}

static void collect(Neighbours *s, usec_t now) {
        union {
                struct nlmsghdr header;
                uint8_t bytes[MESSAGE_MAX];
        } m;

        /* The socket holds hardly more; ENOBUFS says that some were dropped, and those are simply not back. */
        for (unsigned k = 0; k < 2 * NEIGHBOURS_MAX; k++) {
                ssize_t n = recv(s->socket, &m, sizeof(m), MSG_DONTWAIT);

                if (n < 0 && errno == ENOBUFS)
                        continue;
                if (n < 0)
                        break;
                if (nlmsg_ok(&m.header, (int) n))
                        neighbours_add(s, &m.header, now);
        }
}

static void forget(Neighbours *s) {
        closep(&s->socket);
        s->socket = -EBADF;
        neighbour_memory_done(&s->removed);
}

int neighbours_watch(Neighbours *s, const Identity *i, usec_t now, Error *e) {
        s->n_devices = 0;
        for (size_t u = 0; u < i->n_uppers; u++)
                if (redirect_setting_forgets(&i->uppers[u]))
                        s->devices[s->n_devices++] = i->uppers[u].ifindex;
        if (s->n_devices == 0) {
                forget(s);
                return 0;
        }
        if (s->socket >= 0)
                return 0;
        s->socket = open_socket(e);
        s->check_next = now + NEIGHBOURS_CHECK_USEC;
        return s->socket < 0 ? s->socket : 0;
}

static void finish(Neighbours *s) {
        if (s->writing)
                (void) pthread_join(s->thread, NULL);
        s->writing = s->written = false;
        free(s->batch);
        s->batch = NULL;
        s->n_batch = 0;
}

void neighbours_done(Neighbours *s) {
        finish(s);
        forget(s);
}

usec_t neighbours_check(Neighbours *s, usec_t now) {
        if (s->socket < 0)
                return USEC_INFINITY;
        if (now >= s->check_next) {
                collect(s, now);
                s->check_next = now + NEIGHBOURS_CHECK_USEC;
        }
        return s->check_next;
}

static void write_one(int fd, const Neighbour *neighbour) {
        _cleanup_(rtnetlink_message_freep) struct nl_msg *m = neighbour_request(neighbour);

        if (m)
                (void) send(fd, nlmsg_hdr(m), nlmsg_hdr(m)->nlmsg_len, 0);
}

static void *write_batch(void *userdata) {
        Neighbours *s = userdata;

        fork_guard_enter();
        for (size_t k = 0; k < s->n_batch; k++)
                write_one(s->socket, &s->batch[k]);
        fork_guard_leave();
        __atomic_store_n(&s->written, true, __ATOMIC_RELEASE);
        return NULL;
}

void neighbours_put_back(Neighbours *s, usec_t now) {
        if (s->socket < 0)
                return;
        collect(s, now);
        if (s->writing && !__atomic_load_n(&s->written, __ATOMIC_ACQUIRE))
                return;
        finish(s);
        s->n_batch = neighbour_memory_recent(&s->removed, now, &s->batch);
        neighbour_memory_done(&s->removed);
        s->writing = s->n_batch > 0 && thread_start(&s->thread, write_batch, s) == 0;
}
