/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Traffic whose every datagram is accounted for. Each end keeps a record file; `traffic report` compares the
 * two and says which numbers never arrived and when they were sent, so that a loss can be put before, into or
 * after a move of traffic. */

#include <errno.h>
#include <getopt.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include "traffic.h"

volatile bool stop_requested = false;

uint64_t now_nsec(void) {
        struct timespec t;

        clock_gettime(CLOCK_MONOTONIC, &t);
        return (uint64_t) t.tv_sec * NSEC_PER_SEC + (uint64_t) t.tv_nsec;
}

int64_t realtime_offset_nsec(void) {
        struct timespec t;

        clock_gettime(CLOCK_REALTIME, &t);
        return (int64_t) ((uint64_t) t.tv_sec * NSEC_PER_SEC + (uint64_t) t.tv_nsec) - (int64_t) now_nsec();
}

void die(const char *what) {
        fprintf(stderr, "traffic: %s: %s\n", what, strerror(errno));
        exit(1);
}

void say_ready(void) {
        printf("{\"ready\": true}\n");
        fflush(stdout);
}

void stay_on_one_processor(uint32_t stream) {
        cpu_set_t allowed, one;
        unsigned skip;

        if (sched_getaffinity(0, sizeof(allowed), &allowed) < 0)
                die("processors");
        skip = stream % (unsigned) CPU_COUNT(&allowed);
        CPU_ZERO(&one);
        for (size_t cpu = 0; CPU_COUNT(&one) == 0; cpu++)
                if (CPU_ISSET(cpu, &allowed) && skip-- == 0)
                        CPU_SET(cpu, &one);
        if (sched_setaffinity(0, sizeof(one), &one) < 0)
                die("one processor");
}

void pace_init(Pace *p, unsigned per_second, double seconds) {
        *p = (Pace){
                .start = now_nsec(),
                .step = NSEC_PER_SEC / (per_second > 0 ? per_second : 1),
                /* about 4000 wake-ups per second at most: two cores must also carry the traffic */
                .batch = per_second / 4000 + 1,
        };
        if (p->batch > BATCH_MAX)
                p->batch = BATCH_MAX;
        if (seconds > 0)
                p->end = p->start + (uint64_t) (seconds * (double) NSEC_PER_SEC);
}

unsigned pace_wait(Pace *p, Record *r) {
        const uint64_t lag_max = 2 * NSEC_PER_MSEC;
        uint64_t due = p->start + (p->sent + p->batch) * p->step, now = now_nsec();

        if (due > now) {
                struct timespec t = {
                        .tv_sec = (time_t) (due / NSEC_PER_SEC),
                        .tv_nsec = (long) (due % NSEC_PER_SEC),
                };

                (void) clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
                now = now_nsec();
        }
        if (now > due + lag_max) {
                uint64_t skipped = (now - due - lag_max) / p->step;

                p->start += skipped * p->step;
                r->late += skipped;
        }
        if (stop_requested || (p->end > 0 && now >= p->end))
                return 0;
        p->sent += p->batch;
        return p->batch;
}

static void on_signal(int signal_number) {
        (void) signal_number;
        stop_requested = true;
}

static const char *const help =
                "traffic VERB [OPTION...]\n"
                "\n"
                "  send             numbered UDP datagrams to --to, --port, --rate per second\n"
                "  receive          counts what arrives on --port (--join=GROUP for multicast)\n"
                "  send-tagged      the same as 802.1Q frames: --interface, --vlan, --to-mac, --from-mac\n"
                "  receive-tagged   counts them on --interface as a VLAN device there would see them\n"
                "  tcp-send         a stream of --rate bytes per second to --to, --port\n"
                "  tcp-receive      one connection on --port, every byte verified\n"
                "  report SENT RECEIVED   compares two record files\n"
                "\n"
                "  --record=FILE --stream=N --size=BYTES --seconds=S --source=ADDRESS --interface=NAME\n"
                "\n"
                "Everything ends upon SIGTERM or SIGINT and prints its result as JSON.\n";

static const struct {
        const char *name;
        int (*run)(const Options *o);
} verbs[] = {
        { "send", udp_send },
        { "receive", udp_receive },
        { "send-tagged", tagged_send },
        { "receive-tagged", tagged_receive },
        { "tcp-send", tcp_send },
        { "tcp-receive", tcp_receive },
};

static unsigned long number(const char *text, unsigned long max) {
        char *end;
        unsigned long n;

        errno = 0;
        n = strtoul(text, &end, 10);
        if (errno != 0 || *end != '\0' || end == text || n > max) {
                fprintf(stderr, "traffic: not a number up to %lu: %s\n", max, text);
                exit(2);
        }
        return n;
}

static void parse_options(int argc, char **argv, Options *o) {
        enum { TO, SOURCE, INTERFACE, JOIN, RECORD, TO_MAC, FROM_MAC, PORT, STREAM, RATE, SIZE, VLAN, SECONDS };
        static const struct option options[] = {
                { "to", required_argument, NULL, TO },
                { "source", required_argument, NULL, SOURCE },
                { "interface", required_argument, NULL, INTERFACE },
                { "join", required_argument, NULL, JOIN },
                { "record", required_argument, NULL, RECORD },
                { "to-mac", required_argument, NULL, TO_MAC },
                { "from-mac", required_argument, NULL, FROM_MAC },
                { "port", required_argument, NULL, PORT },
                { "stream", required_argument, NULL, STREAM },
                { "rate", required_argument, NULL, RATE },
                { "size", required_argument, NULL, SIZE },
                { "vlan", required_argument, NULL, VLAN },
                { "seconds", required_argument, NULL, SECONDS },
                { 0 },
        };
        const char **texts[] = {
                [TO] = &o->to,
                [SOURCE] = &o->source,
                [INTERFACE] = &o->interface,
                [JOIN] = &o->join,
                [RECORD] = &o->record,
                [TO_MAC] = &o->to_mac,
                [FROM_MAC] = &o->from_mac,
        };
        int c;

        while ((c = getopt_long(argc, argv, "", options, NULL)) >= 0) {
                if (c == '?')
                        exit(2);
                if (c <= FROM_MAC)
                        *texts[c] = optarg;
                else if (c == PORT)
                        o->port = (uint16_t) number(optarg, UINT16_MAX);
                else if (c == STREAM)
                        o->stream = (uint32_t) number(optarg, UINT32_MAX);
                else if (c == RATE)
                        o->rate = (unsigned) number(optarg, 1000000000);
                else if (c == SIZE)
                        o->size = (unsigned) number(optarg, 65000);
                else if (c == VLAN)
                        o->vlan = (unsigned) number(optarg, 4094);
                else
                        o->seconds = (double) number(optarg, 86400);
        }
        if (o->size < sizeof(Payload))
                o->size = sizeof(Payload);
}

int main(int argc, char **argv) {
        Options o = { .rate = 20000, .size = 64, .port = 7000, .stream = 1 };
        const struct sigaction action = { .sa_handler = on_signal }; /* no SA_RESTART: sleeps must end */

        if (argc < 2 || strcmp(argv[1], "--help") == 0) {
                fputs(help, argc < 2 ? stderr : stdout);
                return argc < 2 ? 2 : 0;
        }
        if (strcmp(argv[1], "report") == 0 && argc == 4)
                return report(argv[2], argv[3]);
        parse_options(argc - 1, argv + 1, &o);
        sigaction(SIGTERM, &action, NULL);
        sigaction(SIGINT, &action, NULL);
        (void) prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
        for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
                if (strcmp(argv[1], verbs[i].name) == 0)
                        return verbs[i].run(&o);
        fprintf(stderr, "traffic: no such verb: %s\n", argv[1]);
        return 2;
}
