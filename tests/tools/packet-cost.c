/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* packet-cost ADDRESS PORT COUNT SIZE: sends that many datagrams as fast as it can, from one processor, and
 * prints the nanoseconds that each took. Over veth devices the sender's processor also does the receiving
 * side's work, up to the socket. */
#include <arpa/inet.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define BATCH       32
#define PAYLOAD_MAX 1400

static double seconds(void) {
        struct timespec t;

        clock_gettime(CLOCK_MONOTONIC, &t);
        return (double) t.tv_sec + (double) t.tv_nsec / 1e9;
}

int main(int argc, char **argv) {
        struct sockaddr_in to = { .sin_family = AF_INET };
        static char payload[PAYLOAD_MAX];
        struct mmsghdr batch[BATCH] = {};
        struct iovec data = { .iov_base = payload };
        unsigned long count, sent = 0;
        double began;
        cpu_set_t one;
        int fd;

        if (argc != 5 || inet_pton(AF_INET, argv[1], &to.sin_addr) != 1) {
                fprintf(stderr, "usage: packet-cost ADDRESS PORT COUNT SIZE\n");
                return 2;
        }
        to.sin_port = htons((uint16_t) atoi(argv[2]));
        count = strtoul(argv[3], NULL, 10);
        data.iov_len = strtoul(argv[4], NULL, 10);
        if (data.iov_len > sizeof(payload))
                data.iov_len = sizeof(payload);
        for (size_t i = 0; i < BATCH; i++)
                batch[i].msg_hdr = (struct msghdr){ .msg_iov = &data, .msg_iovlen = 1 };
        CPU_ZERO(&one);
        CPU_SET(0, &one);
        fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        if (fd < 0 || sched_setaffinity(0, sizeof(one), &one) < 0 ||
                        connect(fd, (struct sockaddr *) &to, sizeof(to)) < 0) {
                perror("packet-cost");
                return 1;
        }
        began = seconds();
        while (sent < count) {
                int n = sendmmsg(fd, batch, BATCH, 0);

                if (n < 0) {
                        perror("packet-cost: send");
                        return 1;
                }
                sent += (unsigned long) n;
        }
        printf("%.1f\n", (seconds() - began) * 1e9 / (double) sent);
        return 0;
}
