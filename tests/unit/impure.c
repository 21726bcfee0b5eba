/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What core/ must never do. Never run: core-purity.sh looks at its symbols, to know that it would see them. */

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

int impure(void);

int impure(void) {
        struct timespec ts;
        FILE *f = fopen("/dev/null", "re");

        clock_gettime(CLOCK_MONOTONIC, &ts);
        puts(getenv("HOME"));
        return f && socket(AF_UNIX, SOCK_DGRAM, 0) + ts.tv_nsec > 0;
}
