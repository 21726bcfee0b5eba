/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One TCP stream at a steady rate; the byte at each offset is known, so that the receiver verifies all of them.
 */

#include <arpa/inet.h>
#include <errno.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "traffic.h"

#define TICK_NSEC  (5 * NSEC_PER_MSEC)
#define CHUNK_SIZE 65536

/* splitmix64's finaliser: a different byte nearly everywhere a stream could slip to. */
static uint64_t pattern_word(uint64_t index) {
        index += UINT64_C(0x9e3779b97f4a7c15);
        index = (index ^ (index >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
        index = (index ^ (index >> 27)) * UINT64_C(0x94d049bb133111eb);
        return index ^ (index >> 31);
}

static unsigned char pattern_byte(uint64_t offset) {
        return (unsigned char) (pattern_word(offset / 8) >> (offset % 8 * 8));
}

/* The other end's address as a dual-stack one. */
static struct sockaddr_in6 address_parse(const char *text, uint16_t port) {
        struct sockaddr_in6 a = {
                .sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_addr = IN6ADDR_ANY_INIT
        };
        char mapped[64];

        if (!text || inet_pton(AF_INET6, text, &a.sin6_addr) == 1)
                return a;
        snprintf(mapped, sizeof(mapped), "::ffff:%s", text);
        if (inet_pton(AF_INET6, mapped, &a.sin6_addr) != 1) {
                fprintf(stderr, "traffic: not an address: %s\n", text);
                exit(2);
        }
        return a;
}

static int dual_socket(void) {
        const int on = 1, off = 0;
        int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);

        if (fd < 0)
                die("socket");
        if (setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)) < 0 ||
                        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0)
                die("socket options");
        return fd;
}

/* Sends what it can of [sent, due); returns the new offset, or dies when the connection does. */
static uint64_t stream_send(int fd, uint64_t sent, uint64_t due) {
        unsigned char chunk[CHUNK_SIZE];
        size_t size = due - sent < sizeof(chunk) ? (size_t) (due - sent) : sizeof(chunk);
        ssize_t n;

        for (size_t i = 0; i < size; i++)
                chunk[i] = pattern_byte(sent + i);
        n = send(fd, chunk, size, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n < 0 && errno != EAGAIN && errno != EINTR)
                die("tcp send");
        return n > 0 ? sent + (uint64_t) n : sent;
}

int tcp_send(const Options *o) {
        struct sockaddr_in6 to = address_parse(o->to, o->port);
        struct pollfd closing = { .events = POLLIN };
        struct tcp_info info = {};
        socklen_t size = sizeof(info);
        uint64_t sent = 0, start;
        int fd = dual_socket();

        if (connect(fd, (struct sockaddr *) &to, sizeof(to)) < 0)
                die("connect");
        say_ready();
        start = now_nsec();
        while (!stop_requested) {
                const struct timespec tick = { .tv_nsec = (long) TICK_NSEC };
                uint64_t run = now_nsec() - start, due;

                if (o->seconds > 0 && (double) run > o->seconds * (double) NSEC_PER_SEC)
                        break;
                due = (uint64_t) ((double) run / (double) NSEC_PER_SEC * o->rate);
                if (due > sent)
                        sent = stream_send(fd, sent, due);
                (void) nanosleep(&tick, NULL);
        }
        shutdown(fd, SHUT_WR);
        closing.fd = fd;
        (void) poll(&closing, 1, 3000); /* until the receiver has it all and closes */
        if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) < 0)
                die("TCP_INFO");
        printf("{\"role\": \"tcp-send\", \"bytes\": %lu, \"retransmits\": %u, \"unacknowledged\": %u}\n", sent,
                        info.tcpi_total_retrans, info.tcpi_unacked);
        close(fd);
        return 0;
}

static int accept_one(const Options *o) {
        struct sockaddr_in6 local = address_parse(NULL, o->port);
        struct pollfd listening = { .events = POLLIN };
        int fd = dual_socket(), connection = -1;

        if (bind(fd, (struct sockaddr *) &local, sizeof(local)) < 0 || listen(fd, 1) < 0)
                die("listen");
        say_ready();
        listening.fd = fd;
        while (!stop_requested && connection < 0)
                if (poll(&listening, 1, 100) > 0)
                        connection = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
        close(fd);
        return connection;
}

int tcp_receive(const Options *o) {
        uint64_t received = 0, corrupted = 0, last = 0, stall = 0, stall_at = 0;
        int fd = accept_one(o);
        bool ended = false;

        while (fd >= 0 && !stop_requested && !ended) {
                struct pollfd readable = { .fd = fd, .events = POLLIN };
                unsigned char chunk[CHUNK_SIZE];
                uint64_t now;
                ssize_t n;

                if (poll(&readable, 1, 100) <= 0)
                        continue;
                n = recv(fd, chunk, sizeof(chunk), 0);
                now = now_nsec();
                ended = n == 0 || (n < 0 && errno != EINTR);
                for (ssize_t i = 0; i < n; i++)
                        corrupted += chunk[i] != pattern_byte(received + (uint64_t) i);
                if (n > 0) {
                        if (last != 0 && now - last > stall) {
                                stall = now - last;
                                stall_at = last;
                        }
                        last = now;
                        received += (uint64_t) n;
                }
        }
        printf("{\"role\": \"tcp-receive\", \"bytes\": %lu, \"corrupted\": %lu, \"ended\": %s, "
               "\"max_stall_ms\": %.3f, "
               "\"max_stall_at\": %.6f}\n",
                        received, corrupted, ended ? "true" : "false", (double) stall / (double) NSEC_PER_MSEC,
                        (double) stall_at / (double) NSEC_PER_SEC);
        if (fd >= 0)
                close(fd);
        return 0;
}
