/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The two ends' memory of what was sent and what arrived, and the comparison of the two. */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "traffic.h"

static const char record_magic[8] = { 'p', 'r', 'm', 'd', 'r', 'e', 'c', '1' };

Record *record_new(const char *path, uint64_t capacity) {
        const size_t size = sizeof(Record) + capacity * sizeof(uint64_t);
        int fd = -1, flags = MAP_SHARED;
        Record *r;

        if (path) {
                fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
                if (fd < 0 || ftruncate(fd, (off_t) size) < 0)
                        die(path);
        } else
                flags |= MAP_ANONYMOUS;
        r = mmap(NULL, size, PROT_READ | PROT_WRITE, flags, fd, 0);
        if (r == MAP_FAILED)
                die("map record");
        if (fd >= 0)
                close(fd);
        memcpy(r->magic, record_magic, sizeof(record_magic));
        r->capacity = capacity;
        return r;
}

const Record *record_open(const char *path) {
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        struct stat st;
        Record *r;

        if (fd < 0 || fstat(fd, &st) < 0)
                die(path);
        if ((size_t) st.st_size < sizeof(Record)) {
                fprintf(stderr, "traffic: %s: not a record\n", path);
                exit(1);
        }
        r = mmap(NULL, (size_t) st.st_size, PROT_READ, MAP_SHARED, fd, 0);
        if (r == MAP_FAILED)
                die(path);
        close(fd);
        if (memcmp(r->magic, record_magic, sizeof(record_magic)) != 0 ||
                        r->capacity > ((size_t) st.st_size - sizeof(Record)) / sizeof(uint64_t)) {
                fprintf(stderr, "traffic: %s: not a record\n", path);
                exit(1);
        }
        return r;
}

bool record_arrival(Record *r, const Payload *p, size_t size, uint32_t stream, uint64_t at) {
        if (size < sizeof(*p) || p->magic != PAYLOAD_MAGIC || p->stream != stream || p->sequence >= r->capacity)
                return false;
        if (r->last != 0 && at > r->last && at - r->last > r->gap) {
                r->gap = at - r->last;
                r->gap_at = r->last;
        }
        if (at > r->last)
                r->last = at;
        if (r->at[p->sequence] != 0) {
                r->duplicated++;
                return true;
        }
        r->at[p->sequence] = at;
        r->count++;
        if (p->sequence + 1 > r->next)
                r->next = p->sequence + 1;
        else
                r->reordered++;
        return true;
}

static double seconds(uint64_t nsec) {
        return (double) nsec / (double) NSEC_PER_SEC;
}

static void print_counters(const Record *r) {
        printf("\"count\": %lu, \"duplicated\": %lu, \"reordered\": %lu, \"refused\": %lu, \"overflowed\": "
               "%lu, "
               "\"late\": %lu, \"last\": %.6f, \"max_gap_ms\": %.3f, \"max_gap_at\": %.6f",
                        r->count, r->duplicated, r->reordered, r->refused, r->overflowed, r->late,
                        seconds(r->last), (double) r->gap / (double) NSEC_PER_MSEC, seconds(r->gap_at));
}

void record_print(const Record *r, const char *role) {
        printf("{\"role\": \"%s\", ", role);
        print_counters(r);
        printf("}\n");
        fflush(stdout);
}

/* When each one was sent that a later one overtook, newest first. */
static void print_overtaken(const Record *sent, const Record *received) {
        const char *separator = "";

        printf(", \"overtaken\": [");
        for (uint64_t i = sent->next < received->next ? sent->next : received->next, earliest = UINT64_MAX;
                        i-- > 0;) {
                if (received->at[i] == 0)
                        continue;
                if (received->at[i] > earliest) {
                        printf("%s%.6f", separator, seconds(sent->at[i]));
                        separator = ", ";
                } else
                        earliest = received->at[i];
        }
        printf("]");
}

int report(const char *sent_path, const char *received_path) {
        const Record *sent = record_open(sent_path), *received = record_open(received_path);
        uint64_t lost = 0, outage = 0, outage_at = 0;
        const char *separator = "";

        printf("{\"sent\": %lu, \"received\": {", sent->next);
        print_counters(received);
        printf("}, \"sender\": {");
        print_counters(sent);
        printf("}, \"lost_at\": [");
        for (uint64_t i = 0, run = UINT64_MAX; i < sent->next; i++) {
                bool missing = i >= received->capacity || received->at[i] == 0;

                if (missing) {
                        lost++;
                        if (run == UINT64_MAX)
                                run = i;
                        printf("%s%.6f", separator, seconds(sent->at[i]));
                        separator = ", ";
                }
                /* a gap in what arrived, by the time of sending: independent of when the receiver could run */
                if (run != UINT64_MAX && (!missing || i + 1 == sent->next)) {
                        uint64_t length = sent->at[i] - sent->at[run];

                        if (length > outage || outage_at == 0) {
                                outage = length;
                                outage_at = sent->at[run];
                        }
                        run = UINT64_MAX;
                }
        }
        printf("]");
        print_overtaken(sent, received);
        printf(", \"lost\": %lu, \"outage_ms\": %.3f, \"outage_at\": %.6f}\n", lost,
                        (double) outage / (double) NSEC_PER_MSEC, seconds(outage_at));
        return 0;
}
