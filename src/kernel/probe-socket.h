/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A raw socket on one adapter that sees our own beacons and the answers to our station address, and nothing
 * else: a classic BPF filter in the kernel drops the rest, forged beacons included (they lack the cookie), so
 * that no flood fills its queue.
 *
 * It is bound to ETH_P_ALL, hence sees frames before tc ingress drops them on a silent spare; what it sends
 * bypasses queueing and tc egress (PACKET_QDISC_BYPASS), hence is not redirected by steering. While it lives
 * the station address is in the adapter's unicast filter (PACKET_MR_UNICAST): the kernel takes it out when the
 * socket goes, even after kill -9. */

#include "error.h"
#include "ether-address.h"
#include "time-util.h"

#define PROBE_SOCKET_BATCH 8
#define PROBE_SOCKET_SNAP  256

typedef struct ProbeSocketFrame {
        uint8_t data[PROBE_SOCKET_SNAP];
        size_t size;
        usec_t at; /* CLOCK_MONOTONIC, when the kernel received it */
} ProbeSocketFrame;

/* A non-blocking fd, or negative. Needs CAP_NET_RAW. */
int probe_socket_open(int ifindex, const char *name, EtherAddress station, uint64_t cookie, Error *e);

/* One frame. -ENOBUFS or -EAGAIN: the driver refuses it for now (also: no carrier); -ENETDOWN, -ENXIO, -ENODEV:
 * the adapter is down or gone. */
int probe_socket_send(int fd, const uint8_t *frame, size_t size);

#define PROBE_SOCKET_PADDED_MAX 65536

/* The same, followed by zeroes up to `length` octets in all, at most PROBE_SOCKET_PADDED_MAX. -EMSGSIZE: more
 * than the adapter's MTU. */
int probe_socket_send_padded(int fd, const uint8_t *frame, size_t size, size_t length);

/* Both clocks at one moment, by which the kernel's stamps are told in CLOCK_MONOTONIC. */
typedef struct ProbeSocketClock {
        usec_t monotonic, realtime;
} ProbeSocketClock;

ProbeSocketClock probe_socket_clock(void);

/* Up to max (at most PROBE_SOCKET_BATCH) frames that wait; how many. 0 when none does, or the adapter is down.
 * clock: read just before. */
size_t probe_socket_receive(int fd, ProbeSocketFrame *frames, size_t max, const ProbeSocketClock *clock);

/* Whether the queue overflowed since the last call. */
bool probe_socket_overflowed(int fd);
