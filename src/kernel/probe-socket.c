/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <sys/socket.h>

#include "alloc-util.h"
#include "clock.h"
#include "frame-codec.h"
#include "probe-socket.h"

/* Offsets in a frame without a tag (the kernel has taken it off into skb metadata). */
enum {
        AT_DESTINATION = 0,
        AT_TYPE = 12,
        AT_BEACON_COOKIE = 14 + 8,
        AT_ARP_OPERATION = 14 + 6,
        AT_ARP_TARGET = 14 + 18,
        AT_IPV6_NEXT = 14 + 6,
        AT_ICMPV6_TYPE = 14 + 40,
};

/* Instruction `at` of the filter: continue when equal, else go to `otherwise`. */
#define REQUIRE(at, value, otherwise) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), 0, (otherwise) - (at) -1)
/* The same, but go to `then` when equal. */
#define LEAVE(at, value, then, otherwise)                                                                      \
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), (then) - (at) -1, (otherwise) - (at) -1)
#define LOAD(width, at) BPF_STMT(BPF_LD | (width) | BPF_ABS, (at))

enum { ARP = 6, ND = 13, ACCEPT = 22, REJECT = 23 };

static int filter_attach(int fd, EtherAddress station, uint64_t cookie) {
        const uint8_t *s = station.octet;
        uint32_t high = (uint32_t) s[0] << 24 | (uint32_t) s[1] << 16 | (uint32_t) s[2] << 8 | s[3];
        uint16_t low = (uint16_t) (s[4] << 8 | s[5]);
        struct sock_filter code[] = {
                /* 0 */ LOAD(BPF_H, AT_TYPE),
                /* 1 */ REQUIRE(1, FRAME_TYPE_BEACON, ARP),
                /* 2 */ LOAD(BPF_W, AT_BEACON_COOKIE),
                /* 3 */ REQUIRE(3, (uint32_t) (cookie >> 32), REJECT),
                /* 4 */ LOAD(BPF_W, AT_BEACON_COOKIE + 4),
                /* 5 */ LEAVE(5, (uint32_t) cookie, ACCEPT, REJECT),
                /* 6 */ REQUIRE(ARP, ETH_P_ARP, ND),
                /* 7 */ LOAD(BPF_H, AT_ARP_OPERATION),
                /* 8 */ REQUIRE(8, ARP_REPLY, REJECT),
                /* 9 */ LOAD(BPF_W, AT_ARP_TARGET),
                /* 10 */ REQUIRE(10, high, REJECT),
                /* 11 */ LOAD(BPF_H, AT_ARP_TARGET + 4),
                /* 12 */ LEAVE(12, low, ACCEPT, REJECT),
                /* 13 */ REQUIRE(ND, ETH_P_IPV6, REJECT),
                /* 14 */ LOAD(BPF_W, AT_DESTINATION),
                /* 15 */ REQUIRE(15, high, REJECT),
                /* 16 */ LOAD(BPF_H, AT_DESTINATION + 4),
                /* 17 */ REQUIRE(17, low, REJECT),
                /* 18 */ LOAD(BPF_B, AT_IPV6_NEXT),
                /* 19 */ REQUIRE(19, IPPROTO_ICMPV6, REJECT),
                /* 20 */ LOAD(BPF_B, AT_ICMPV6_TYPE),
                /* 21 */ LEAVE(21, NEIGHBOUR_ADVERTISEMENT, ACCEPT, REJECT),
                /* 22 */ BPF_STMT(BPF_RET | BPF_K, PROBE_SOCKET_SNAP),
                /* 23 */ BPF_STMT(BPF_RET | BPF_K, 0),
        };
        struct sock_fprog program = { .len = ELEMENTSOF(code), .filter = code };

        return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) < 0 ? -errno : 0;
}

int probe_socket_open(int ifindex, const char *name, EtherAddress station, uint64_t cookie, Error *e) {
        struct sockaddr_ll address = {
                .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = ifindex
        };
        struct packet_mreq member = { .mr_ifindex = ifindex, .mr_type = PACKET_MR_UNICAST, .mr_alen = 6 };
        const struct {
                int level, option;
        } switches[] = {
                { SOL_PACKET, PACKET_IGNORE_OUTGOING },
                { SOL_PACKET, PACKET_QDISC_BYPASS },
                { SOL_SOCKET, SO_TIMESTAMPNS },
        };
        _cleanup_close_ int fd = -EBADF;
        int one = 1, r;

        /* Protocol 0: nothing arrives before the filter is in place. */
        fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (fd < 0)
                return error_errno(e, -errno, "%s: cannot open a packet socket for probes", name);
        r = filter_attach(fd, station, cookie);
        if (r < 0)
                return error_errno(e, r, "%s: cannot attach the probe filter", name);
        for (size_t i = 0; i < ELEMENTSOF(switches); i++)
                if (setsockopt(fd, switches[i].level, switches[i].option, &one, sizeof(one)) < 0)
                        return error_errno(e, -errno, "%s: cannot set up the probe socket (option %d)", name,
                                        switches[i].option);
        memcpy(member.mr_address, &station, 6);
        if (setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &member, sizeof(member)) < 0)
                return error_errno(e, -errno, "%s: cannot add station address " ETHER_ADDRESS_FORMAT, name,
                                ETHER_ADDRESS_ARGS(station));
        if (bind(fd, (struct sockaddr *) &address, sizeof(address)) < 0)
                return error_errno(e, -errno, "%s: cannot bind the probe socket", name);
        return TAKE_FD(fd);
}

int probe_socket_send(int fd, const uint8_t *frame, size_t size) {
        ssize_t n = send(fd, frame, size, MSG_DONTWAIT);

        if (n < 0 && errno == ENETDOWN)
                n = send(fd, frame, size,
                                MSG_DONTWAIT); /* the socket's error of an earlier down is told once */
        return n < 0 ? -errno : 0;
}

int probe_socket_send_padded(int fd, const uint8_t *frame, size_t size, size_t length) {
        static uint8_t zeroes[PROBE_SOCKET_PADDED_MAX];
        struct iovec parts[] = {
                { .iov_base = (void *) frame, .iov_len = size },
                { .iov_base = zeroes, .iov_len = length > size ? MIN(length, sizeof(zeroes)) - size : 0 },
        };
        struct msghdr message = { .msg_iov = parts, .msg_iovlen = ELEMENTSOF(parts) };

        return sendmsg(fd, &message, MSG_DONTWAIT) < 0 ? -errno : 0;
}

static usec_t timespec_usec(const struct timespec *ts) {
        return (usec_t) ts->tv_sec * USEC_PER_SEC + (usec_t) ts->tv_nsec / 1000;
}

ProbeSocketClock probe_socket_clock(void) {
        return (ProbeSocketClock){ .monotonic = clock_monotonic(), .realtime = clock_usec(CLOCK_REALTIME) };
}

/* The stamp is CLOCK_REALTIME, and may be a little later than the clocks were read. What the clock's being set
 * in between makes impossible becomes now. */
static usec_t stamp_of(struct msghdr *m, const ProbeSocketClock *clock) {
        for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c))
                if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS &&
                                c->cmsg_len >= CMSG_LEN(sizeof(struct timespec))) {
                        struct timespec ts;
                        usec_t at, age;

                        memcpy(&ts, CMSG_DATA(c), sizeof(ts));
                        at = timespec_usec(&ts);
                        age = usec_sub(clock->realtime, at);
                        if (usec_sub(at, clock->realtime) < USEC_PER_SEC && age < USEC_PER_MINUTE &&
                                        age < clock->monotonic)
                                return clock->monotonic - age + usec_sub(at, clock->realtime);
                }
        return clock->monotonic;
}

size_t probe_socket_receive(int fd, ProbeSocketFrame *frames, size_t max, const ProbeSocketClock *clock) {
        union {
                struct cmsghdr align;
                uint8_t data[CMSG_SPACE(sizeof(struct timespec))];
        } control[PROBE_SOCKET_BATCH];
        struct mmsghdr messages[PROBE_SOCKET_BATCH];
        struct iovec iov[PROBE_SOCKET_BATCH];
        ssize_t n;

        assert(max >= 1 && max <= PROBE_SOCKET_BATCH);
        for (size_t i = 0; i < max; i++) {
                iov[i] = (struct iovec){ .iov_base = frames[i].data, .iov_len = sizeof(frames[i].data) };
                messages[i] = (struct mmsghdr){ .msg_hdr = { .msg_iov = iov + i,
                                                                .msg_iovlen = 1,
                                                                .msg_control = control + i,
                                                                .msg_controllen = sizeof(control[i]) } };
        }
        if (max == 1) {
                n = recvmsg(fd, &messages[0].msg_hdr, MSG_DONTWAIT);
                messages[0].msg_len = n > 0 ? (unsigned) n : 0;
                n = n > 0;
        } else
                n = recvmmsg(fd, messages, (unsigned) max, MSG_DONTWAIT, NULL);
        if (n <= 0)
                return 0;
        for (ssize_t i = 0; i < n; i++) {
                frames[i].size = messages[i].msg_len;
                frames[i].at = stamp_of(&messages[i].msg_hdr, clock);
        }
        return (size_t) n;
}

bool probe_socket_overflowed(int fd) {
        struct tpacket_stats stats = {};
        socklen_t size = sizeof(stats);

        return getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, &stats, &size) == 0 && stats.tp_drops > 0;
}
