/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <sys/socket.h>
#include <unistd.h>

#include "alloc-util.h"
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

/* Only what was usable has an address; permanent ones stay. A device's own groups (NUD_NOARP) the kernel maps
 * again by itself, but it also marks so what was in use when it was removed (net/core/neighbour.c
 * neigh_flush_dev()). */
void neighbours_add(Neighbours *s, struct nlmsghdr *h, usec_t now) {
        struct nlattr *attrs[NDA_MAX + 1];
        const struct ndmsg *message;
        Neighbour neighbour = { .removed = now };
        size_t length;

        if (h->nlmsg_type != RTM_DELNEIGH || nlmsg_parse(h, sizeof(struct ndmsg), attrs, NDA_MAX, NULL) < 0)
                return;
        message = nlmsg_data(h);
        if (message->ndm_family != AF_INET && message->ndm_family != AF_INET6)
                return;
        length = message->ndm_family == AF_INET ? 4 : 16;
        if (!is_watched(s, message->ndm_ifindex) || message->ndm_flags & NTF_PROXY || !attrs[NDA_DST] ||
                        !attrs[NDA_LLADDR] || (size_t) nla_len(attrs[NDA_DST]) != length ||
                        nla_len(attrs[NDA_LLADDR]) != sizeof(neighbour.lladdr))
                return;
        neighbour.ifindex = message->ndm_ifindex;
        neighbour.family = message->ndm_family;
        neighbour.flags = message->ndm_flags & NTF_ROUTER;
        memcpy(neighbour.address, nla_data(attrs[NDA_DST]), length);
        memcpy(neighbour.lladdr, nla_data(attrs[NDA_LLADDR]), sizeof(neighbour.lladdr));
        if (neighbour.lladdr[0] & 1)
                return;
        s->removed[s->n_removed++ % NEIGHBOURS_MAX] = neighbour;
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
        free(s->removed);
        s->removed = NULL;
        s->n_removed = 0;
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
        s->removed = new0(Neighbour, NEIGHBOURS_MAX);
        s->socket = s->removed ? open_socket(e) : error_errno(e, -ENOMEM, "Cannot remember neighbours");
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

/* Without NLM_F_REPLACE an entry that is usable keeps its address, while one that is being asked for takes this
 * (net/core/neighbour.c neigh_add()). */
static void write_one(int fd, const Neighbour *neighbour) {
        struct ndmsg head = {
                .ndm_family = neighbour->family,
                .ndm_ifindex = neighbour->ifindex,
                .ndm_state = NUD_STALE,
                .ndm_flags = neighbour->flags,
        };
        _cleanup_(rtnetlink_message_freep) struct nl_msg *m = nlmsg_alloc_simple(RTM_NEWNEIGH, NLM_F_CREATE);

        if (!m || nlmsg_append(m, &head, sizeof(head), NLMSG_ALIGNTO) < 0 ||
                        nla_put(m, NDA_DST, neighbour->family == AF_INET ? 4 : 16, neighbour->address) < 0 ||
                        nla_put(m, NDA_LLADDR, sizeof(neighbour->lladdr), neighbour->lladdr) < 0)
                return;
        nlmsg_hdr(m)->nlmsg_flags |= NLM_F_REQUEST;
        (void) send(fd, nlmsg_hdr(m), nlmsg_hdr(m)->nlmsg_len, 0);
}

static void *write_batch(void *userdata) {
        Neighbours *s = userdata;

        for (size_t k = 0; k < s->n_batch; k++)
                write_one(s->socket, &s->batch[k]);
        __atomic_store_n(&s->written, true, __ATOMIC_RELEASE);
        return NULL;
}

void neighbours_put_back(Neighbours *s, usec_t now) {
        size_t n;

        if (s->socket < 0)
                return;
        collect(s, now);
        if (s->writing && !__atomic_load_n(&s->written, __ATOMIC_ACQUIRE))
                return;
        finish(s);
        n = MIN(s->n_removed, (size_t) NEIGHBOURS_MAX);
        s->batch = new0(Neighbour, n + 1);
        for (size_t k = 0; s->batch && k < n; k++) {
                /* Latest first: its address is the one that stays. */
                const Neighbour *neighbour = &s->removed[(s->n_removed - 1 - k) % NEIGHBOURS_MAX];

                if (usec_sub(now, neighbour->removed) <= NEIGHBOURS_USEC)
                        s->batch[s->n_batch++] = *neighbour;
        }
        s->n_removed = 0;
        s->writing = s->n_batch > 0 && thread_start(&s->thread, write_batch, s) == 0;
}
