/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Numbered traffic for the laboratory: what the parts of the `traffic` program share. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#define NSEC_PER_SEC  UINT64_C(1000000000)
#define NSEC_PER_USEC UINT64_C(1000)
#define NSEC_PER_MSEC UINT64_C(1000000)

/* Messages per system call. Small on purpose: the queues between two namespaces (per-CPU backlog, 1000 frames
 * for the whole machine) are shared with everything else that runs there. */
#define BATCH_MAX 16

#define PAYLOAD_MAGIC UINT32_C(0x70726d64) /* "prmd" */

/* What every numbered datagram or frame begins with, in host order: both ends run on one machine. */
typedef struct Payload {
        uint32_t magic;
        uint32_t stream; /* foreign streams are not counted */
        uint64_t sequence;
        uint64_t sent; /* CLOCK_MONOTONIC, which is common to all network namespaces */
} Payload;

/* A file of one end's memory: when each sequence number was sent, or first arrived. Mapped, so that counts can
 * be read from outside while traffic runs, and nothing is lost when a process is killed. */
typedef struct Record {
        char magic[8];
        uint64_t capacity;
        uint64_t count;      /* sent, or arrived for the first time */
        uint64_t next;       /* highest sequence number seen, plus one */
        uint64_t duplicated; /* arrived once more */
        uint64_t reordered;  /* arrived after a higher number */
        uint64_t refused;    /* the sender's kernel said no; counts as sent all the same */
        uint64_t overflowed; /* dropped by this receiver's own socket: a fault of the measurement */
        uint64_t last;       /* when something was last sent or arrived, nsec */
        uint64_t gap;        /* longest time between two arrivals, nsec */
        uint64_t gap_at;     /* when that one began */
        uint64_t late;       /* sender: schedule slots given up because the process did not run, never sent */
        uint64_t reserved[4];
        uint64_t at[]; /* nsec, 0: not */
} Record;

typedef struct Options {
        const char *to, *source, *interface, *join, *record;
        const char *to_mac, *from_mac;
        uint16_t port;
        uint32_t stream;
        unsigned rate; /* datagrams (TCP: bytes) per second */
        unsigned size; /* bytes of payload */
        unsigned vlan;
        double seconds; /* 0: until told to stop */
} Options;

/* Set by SIGINT and SIGTERM: finish and print the result. */
extern volatile bool stop_requested;

uint64_t now_nsec(void);

/* CLOCK_REALTIME minus CLOCK_MONOTONIC, for the kernel's receive timestamps. */
int64_t realtime_offset_nsec(void);

/* Prints what failed with errno and exits with 1. */
void die(const char *what) __attribute__((noreturn));

/* Tells whoever started us that the socket is open: one line, {"ready": true}. */
void say_ready(void);

/* A mapped record for `capacity` numbers; NULL path: anonymous. */
Record *record_new(const char *path, uint64_t capacity);
const Record *record_open(const char *path);

/* Notes an arrival; false when it is not of this stream or not numbered within capacity. */
bool record_arrival(Record *r, const Payload *p, size_t size, uint32_t stream, uint64_t at);

/* Prints the counters as one JSON object. */
void record_print(const Record *r, const char *role);

/* Compares both ends and prints counts, and when each lost number was sent. */
int report(const char *sent_path, const char *received_path);

/* Keeps a sender on one processor, another for the next stream. What a veth sends waits in the queue of the
 * processor that sent it (net/core/dev.c enqueue_to_backlog()): a sender that the scheduler takes elsewhere
 * overtakes its own datagrams, whether they are moved between adapters or not. */
void stay_on_one_processor(uint32_t stream);

/* When to send how much: an even pace in small batches that never tries to make up for time it did not run. */
typedef struct Pace {
        uint64_t start, step; /* nsec; step: between two messages */
        uint64_t sent;
        uint64_t end; /* 0: none */
        unsigned batch;
} Pace;

void pace_init(Pace *p, unsigned per_second, double seconds);

/* Sleeps until something is due; returns how many may go now, at most BATCH_MAX, 0 when it is over. */
unsigned pace_wait(Pace *p, Record *r);

int udp_send(const Options *o);
int udp_receive(const Options *o);
int tagged_send(const Options *o);
int tagged_receive(const Options *o);
int tcp_send(const Options *o);
int tcp_receive(const Options *o);
