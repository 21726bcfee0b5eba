/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "alloc-util.h"
#include "closer.h"
#include "lldp-listener.h"

/* A frame is at most as long as an Ethernet frame may be; what is cut off is of no interest. */
#define FRAME_SIZE          1522
#define FRAMES_PER_DISPATCH 16

struct LldpListener {
        LldpFunc func;
        void *userdata;
        int fd;
        sd_event_source *source;
        int *watched; /* ifindexes */
        size_t n_watched;
};

static int on_readable(sd_event_source *source, int fd, uint32_t events, void *userdata) {
        lldp_listener_dispatch(userdata);
        return 0;
}

static int open_socket(LldpListener *l) {
        /* The adapter a frame came in on, not the bond or bridge it was handed to. */
        static const int options[] = { PACKET_ORIGDEV, PACKET_IGNORE_OUTGOING };
        const struct sockaddr_ll any = { .sll_family = AF_PACKET, .sll_protocol = htons(LLDP_ETHERTYPE) };
        int one = 1;

        l->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (l->fd < 0)
                return -errno;
        for (size_t i = 0; i < ELEMENTSOF(options); i++)
                if (setsockopt(l->fd, SOL_PACKET, options[i], &one, sizeof(one)) < 0)
                        return -errno;
        return bind(l->fd, (const struct sockaddr *) &any, sizeof(any)) < 0 ? -errno : 0;
}

int lldp_listener_new(sd_event *event, LldpFunc func, void *userdata, LldpListener **ret, Error *e) {
        _cleanup_(lldp_listener_freep) LldpListener *l = new0(LldpListener, 1);
        int r;

        if (!l)
                return error_errno(e, -ENOMEM, "cannot listen for LLDP");
        *l = (LldpListener){ .func = func, .userdata = userdata, .fd = -EBADF };
        r = open_socket(l);
        if (r >= 0 && event)
                r = sd_event_add_io(event, &l->source, l->fd, EPOLLIN, on_readable, l);
        if (r < 0)
                return error_errno(e, r, "cannot listen for LLDP");
        /* Only for people: after everything that is about traffic. */
        if (l->source)
                (void) sd_event_source_set_priority(l->source, SD_EVENT_PRIORITY_IDLE);
        *ret = TAKE_PTR(l);
        return 0;
}

LldpListener *lldp_listener_free(LldpListener *l) {
        if (!l)
                return NULL;
        sd_event_source_disable_unref(l->source);
        l->fd = closer_take(l->fd);
        free(l->watched);
        free(l);
        return NULL;
}

static size_t find(const LldpListener *l, int ifindex) {
        size_t i = 0;

        while (i < l->n_watched && l->watched[i] != ifindex)
                i++;
        return i;
}

bool lldp_listener_watches(const LldpListener *l, int ifindex) {
        return find(l, ifindex) < l->n_watched;
}

int lldp_listener_watch(LldpListener *l, int ifindex, const char *name, Error *e) {
        struct packet_mreq member = {
                .mr_ifindex = ifindex, .mr_type = PACKET_MR_MULTICAST, .mr_alen = 6, .mr_address = LLDP_GROUP
        };
        int *more;

        if (lldp_listener_watches(l, ifindex))
                return 0;
        more = reallocarray(l->watched, l->n_watched + 1, sizeof(int));
        if (!more)
                return error_errno(e, -ENOMEM, "cannot hear LLDP on %s", name);
        l->watched = more;
        if (setsockopt(l->fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &member, sizeof(member)) < 0)
                return error_errno(e, -errno, "cannot hear LLDP on %s", name);
        l->watched[l->n_watched++] = ifindex;
        return 0;
}

void lldp_listener_forget(LldpListener *l, int ifindex) {
        size_t i = find(l, ifindex);

        if (i < l->n_watched)
                l->watched[i] = l->watched[--l->n_watched];
}

void lldp_listener_dispatch(LldpListener *l) {
        for (unsigned i = 0; i < FRAMES_PER_DISPATCH; i++) {
                uint8_t frame[FRAME_SIZE];
                struct sockaddr_ll from = {};
                socklen_t size = sizeof(from);
                LldpNeighbour neighbour;
                ssize_t n = recvfrom(l->fd, frame, sizeof(frame), 0, (struct sockaddr *) &from, &size);

                if (n < 0)
                        break;
                if (lldp_listener_watches(l, from.sll_ifindex) &&
                                lldp_neighbour_parse(frame, (size_t) n, &neighbour) >= 0)
                        l->func(from.sll_ifindex, &neighbour, l->userdata);
        }
}
