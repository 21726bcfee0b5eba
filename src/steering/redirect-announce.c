/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/socket.h>

#include "alloc-util.h"
#include "closer.h"
#include "frame-codec.h"
#include "redirect-announce.h"

/* In one membership report: far fewer than fit, so that none is lost with all of them. */
#define GROUPS_PER_REPORT 32

void frame_list_clear(FrameList *l) {
        l->used = l->n = 0;
}

void frame_list_done(FrameList *l) {
        free(l->bytes);
        free(l->frames);
        *l = (FrameList){};
}

int frame_list_add(FrameList *l, const uint8_t *frame, int length) {
        void *bytes = l->bytes, *frames = l->frames;
        int r;

        if (length < 0)
                return length;
        r = memory_grow(&bytes, &l->size, l->used + (size_t) length, 1);
        l->bytes = bytes;
        if (r < 0)
                return r;
        r = memory_grow(&frames, &l->allocated, l->n + 1, sizeof(l->frames[0]));
        l->frames = frames;
        if (r < 0)
                return r;
        memcpy(l->bytes + l->used, frame, (size_t) length);
        l->frames[l->n].offset = l->used;
        l->frames[l->n++].length = (size_t) length;
        l->used += (size_t) length;
        return 0;
}

/* An advertisement says whether its sender is a router, and one that stops saying so loses its hosts'
 * default routes (RFC 4861 7.2.5). */
static bool is_router(const char *name) {
        char path[96], c = '0';
        FILE *f;

        snprintf(path, sizeof(path), "/proc/sys/net/ipv6/conf/%s/forwarding", name);
        f = fopen(path, "re");
        if (!f)
                return false;
        if (fread(&c, 1, 1, f) != 1)
                c = '0';
        fclose(f);
        return c != '0';
}

/* Adds an untagged frame in a buffer of FRAME_MAX, with the tags that the device's frames have on the wire;
 * upper NULL: none. */
static int add_frame(FrameList *l, const IdentityUpper *upper, uint8_t *frame, int length) {
        for (size_t k = 0; length >= 0 && upper && k < upper->n_tags; k++)
                length = frame_push_tag(frame, FRAME_MAX, length, upper->tags[k].protocol, upper->tags[k].vlan);
        return frame_list_add(l, frame, length);
}

static int add_rarp(FrameList *l, const IdentityUpper *upper, EtherAddress own) {
        uint8_t frame[FRAME_MAX];

        return add_frame(l, upper, frame, frame_build_rarp_announcement(frame, sizeof(frame), 0, own));
}

/* The device on top of the primary with that MAC address; NULL when it is out of sight, in another namespace or
 * a virtual router's. */
static const IdentityUpper *upper_of(const Identity *i, const EtherAddress *a) {
        for (size_t u = 0; u < i->n_uppers; u++)
                if (ether_address_equal(&i->uppers[u].address, a))
                        return &i->uppers[u];
        return NULL;
}

/* Reverse ARPs for all there is, or only for what has no IP address to announce. */
static int add_rarps(FrameList *l, const Identity *i, bool all) {
        int r = 0;

        for (size_t u = 0; r >= 0 && u < i->n_uppers; u++)
                if (all || i->uppers[u].n_hosts == 0)
                        r = add_rarp(l, &i->uppers[u], i->uppers[u].address);
        for (size_t k = 0; r >= 0 && k < i->n_addresses; k++)
                if (!upper_of(i, &i->addresses[k]))
                        r = add_rarp(l, NULL, i->addresses[k]);
        return r;
}

static int add_announcement(FrameList *l, const Identity *i, const IdentityHost *host) {
        const IdentityUpper *upper = &i->uppers[host->upper];
        uint8_t frame[FRAME_MAX];
        int length;

        if (host->family == AF_INET)
                length = frame_build_arp_announcement(frame, sizeof(frame), 0, upper->address, host->in);
        else
                length = frame_build_neighbour_announcement(
                                frame, sizeof(frame), 0, upper->address, &host->in6, is_router(upper->name));
        return add_frame(l, upper, frame, length);
}

/* An address of the device to speak from; zero when it has none. */
static const IdentityHost *host_of(const Identity *i, unsigned upper, int family, bool link_local) {
        for (size_t k = 0; k < i->n_hosts; k++) {
                const IdentityHost *host = &i->hosts[k];

                if (host->upper == upper && host->family == family && host->usable &&
                                (family == AF_INET || !link_local || IN6_IS_ADDR_LINKLOCAL(&host->in6)))
                        return host;
        }
        return NULL;
}

static int add_igmp(FrameList *l, const Identity *i, unsigned u, const struct in_addr *groups, size_t n) {
        const IdentityHost *host = host_of(i, u, AF_INET, false);
        struct in_addr source = host ? host->in : (struct in_addr){};
        const IdentityUpper *upper = &i->uppers[u];
        uint8_t frame[FRAME_MAX];
        int r = 0;

        /* The version the querier there speaks, as the kernel has heard it. */
        if (upper->igmp_version == 0 || upper->igmp_version > 2)
                return add_frame(l, upper, frame,
                                frame_build_igmp3_report(
                                                frame, sizeof(frame), 0, upper->address, source, groups, n));
        for (size_t k = 0; r >= 0 && k < n; k++)
                r = add_frame(l, upper, frame,
                                frame_build_igmp2_report(
                                                frame, sizeof(frame), 0, upper->address, source, groups[k]));
        return r;
}

static int add_mld(FrameList *l, const Identity *i, unsigned u, const struct in6_addr *groups, size_t n) {
        const IdentityHost *host = host_of(i, u, AF_INET6, true);
        struct in6_addr source = host ? host->in6 : (struct in6_addr){};
        const IdentityUpper *upper = &i->uppers[u];
        uint8_t frame[FRAME_MAX];

        return add_frame(l, upper, frame,
                        frame_build_mld2_report(frame, sizeof(frame), 0, upper->address, &source, groups, n));
}

static int add_reports(FrameList *l, const Identity *i, unsigned upper) {
        struct in6_addr groups6[GROUPS_PER_REPORT];
        struct in_addr groups4[GROUPS_PER_REPORT];
        size_t n4 = 0, n6 = 0;
        int r = 0;

        for (size_t k = 0; r >= 0 && k < i->n_members; k++) {
                const IdentityHost *member = &i->members[k];

                if (member->upper != upper)
                        continue;
                if (member->family == AF_INET)
                        groups4[n4++] = member->in;
                else
                        groups6[n6++] = member->in6;
                if (n4 == GROUPS_PER_REPORT) {
                        r = add_igmp(l, i, upper, groups4, n4);
                        n4 = 0;
                }
                if (n6 == GROUPS_PER_REPORT && r >= 0) {
                        r = add_mld(l, i, upper, groups6, n6);
                        n6 = 0;
                }
        }
        if (r >= 0 && n4 > 0)
                r = add_igmp(l, i, upper, groups4, n4);
        if (r >= 0 && n6 > 0)
                r = add_mld(l, i, upper, groups6, n6);
        return r;
}

static int build_error(int r, Error *e) {
        return r < 0 ? error_errno(e, r, "Cannot build the frames that announce a move") : 0;
}

int announce_build_reports(FrameList *l, const Identity *i, Error *e) {
        int r = 0;

        for (unsigned u = 0; r >= 0 && u < i->n_uppers; u++)
                r = add_reports(l, i, u);
        return build_error(r, e);
}

int announce_build_move(FrameList *l, const Identity *i, Error *e) {
        int r = 0;

        for (size_t k = 0; r >= 0 && k < i->n_hosts; k++)
                if (i->hosts[k].usable)
                        r = add_announcement(l, i, &i->hosts[k]);
        if (r >= 0)
                r = add_rarps(l, i, false);
        return r < 0 ? build_error(r, e) : announce_build_reports(l, i, e);
}

int announce_build_reminder(FrameList *l, const Identity *i, Error *e) {
        return build_error(add_rarps(l, i, true), e);
}

int announce_build_questions(FrameList *l, const Identity *i, Error *e) {
        int r = 0;

        for (size_t k = 0; r >= 0 && k < i->n_neighbours; k++) {
                const IdentityHost *to = &i->neighbours[k];
                const IdentityUpper *upper = &i->uppers[to->upper];
                const IdentityHost *from = host_of(i, to->upper, to->family, false);
                uint8_t frame[FRAME_MAX];
                int length;

                if (!from)
                        continue;
                if (to->family == AF_INET)
                        length = frame_build_arp_request(
                                        frame, sizeof(frame), 0, upper->address, from->in, to->in);
                else
                        length = frame_build_neighbour_solicitation(
                                        frame, sizeof(frame), 0, upper->address, &from->in6, &to->in6);
                r = add_frame(l, upper, frame, length);
        }
        return build_error(r, e);
}

/* Takes in only ingress checks. */
static int open_socket(int ifindex, const char *name, Error *e) {
        struct sockaddr_ll address = { .sll_family = AF_PACKET, .sll_ifindex = ifindex };
        _cleanup_close_ int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        int on = 1;

        address.sll_protocol = htobe16(FRAME_TYPE_INGRESS_CHECK);
        if (fd < 0 || setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof(on)) < 0 ||
                        bind(fd, (struct sockaddr *) &address, sizeof(address)) < 0)
                return error_errno(e, -errno, "Cannot open a packet socket on %s", name);
        return TAKE_FD(fd);
}

int announce_once(int ifindex, const char *name, const FrameList *l, Error *e) {
        Announcer a = { .socket = { -EBADF, -EBADF } };
        int r = a.socket[SIDE_PRIMARY] = open_socket(ifindex, name, e);

        if (r < 0)
                return r;
        announcer_send(&a, SIDE_PRIMARY, l);
        announcer_done(&a);
        return 0;
}

int announcer_init(Announcer *ret, const char *pair, const int ifindex[_PAIR_SIDE_MAX],
                const char *const *names, Error *e) {
        Announcer a = { .socket = { -EBADF, -EBADF }, .pair = beacon_pair_id(pair) };
        int r = 0;

        if (getrandom(&a.cookie, sizeof(a.cookie), 0) < 0)
                return error_errno(e, -errno, "Cannot get random bytes");
        for (PairSide side = 0; r >= 0 && side < _PAIR_SIDE_MAX; side++)
                r = a.socket[side] = open_socket(ifindex[side], names[side], e);
        if (r < 0) {
                announcer_done(&a);
                return r;
        }
        *ret = a;
        return 0;
}

void announcer_done(Announcer *a) {
        for (PairSide side = 0; side < _PAIR_SIDE_MAX; side++)
                a->socket[side] = closer_take(a->socket[side]);
        frame_list_done(&a->move);
        frame_list_done(&a->reminder);
        frame_list_done(&a->reports);
        frame_list_done(&a->questions);
}

int announcer_prepare(Announcer *a, const Identity *i, Error *e) {
        Announcer new = *a;
        int r;

        new.move = new.reminder = new.reports = new.questions = (FrameList){};
        memcpy(new.station, i->station, sizeof(new.station));
        new.identity = i->own;
        r = announce_build_move(&new.move, i, e);
        if (r >= 0)
                r = announce_build_reminder(&new.reminder, i, e);
        if (r >= 0)
                r = announce_build_reports(&new.reports, i, e);
        if (r >= 0)
                r = announce_build_questions(&new.questions, i, e);
        if (r >= 0) {
                Announcer old = *a;

                *a = new;
                new = old;
        }
        /* The sockets are in both; only the lists of one are let go. */
        new.socket[SIDE_PRIMARY] = new.socket[SIDE_STANDBY] = -EBADF;
        announcer_done(&new);
        return r;
}

#define BATCH 32

void announcer_send(Announcer *a, PairSide side, const FrameList *l) {
        struct mmsghdr messages[BATCH];
        struct iovec vectors[BATCH];
        size_t next = 0;

        while (next < l->n) {
                size_t n = MIN(l->n - next, (size_t) BATCH);
                int sent;

                memset(messages, 0, n * sizeof(messages[0]));
                for (size_t k = 0; k < n; k++) {
                        vectors[k] = (struct iovec){ l->bytes + l->frames[next + k].offset,
                                l->frames[next + k].length };
                        messages[k].msg_hdr.msg_iov = &vectors[k];
                        messages[k].msg_hdr.msg_iovlen = 1;
                }
                sent = sendmmsg(a->socket[side], messages, (unsigned) n, MSG_DONTWAIT);
                next += sent > 0 ? (size_t) sent : 1;
        }
}

void announcer_send_check(Announcer *a, PairSide from, usec_t now) {
        FrameHeader header = { .destination = a->identity, .source = a->station[from] };
        Beacon beacon = { .kind = BEACON_INGRESS_CHECK, .from = (uint8_t) from, .cookie = a->cookie };
        uint8_t frame[FRAME_MAX];
        int length;

        beacon.pair = a->pair;
        beacon.sequence = ++a->sequence;
        beacon.sent = now;
        length = frame_build_beacon(frame, sizeof(frame), &header, &beacon);
        if (length > 0)
                (void) send(a->socket[from], frame, (size_t) length, MSG_DONTWAIT);
}

#define RECEIVE_MAX 64

usec_t announcer_check_arrived(Announcer *a, PairSide side) {
        usec_t youngest = 0;

        for (unsigned k = 0; k < RECEIVE_MAX; k++) {
                uint8_t frame[FRAME_MAX];
                ssize_t n = recv(a->socket[side], frame, sizeof(frame), MSG_DONTWAIT);
                FrameHeader header;
                Beacon beacon;

                if (n < 0)
                        break;
                if (frame_parse_beacon(frame, (size_t) n, &header, &beacon) < 0 ||
                                beacon.kind != BEACON_INGRESS_CHECK || beacon.cookie != a->cookie ||
                                beacon.pair != a->pair || beacon.from == side ||
                                !ether_address_equal(&header.destination, &a->identity))
                        continue;
                youngest = MAX(youngest, (usec_t) beacon.sent);
        }
        return youngest;
}
