/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How long priming takes, and how much of that the kernel: the real worker in its own process, as primed runs
 * it, with a clock round every call that reads or sets.
 *
 *     prime-times SERVING SPARE
 *
 * Primes, looks again (nothing to do), and takes it back. Prints, as JSON, the microseconds of each from start
 * to result, those within the kernel's setters and within reading, and how many writes there were. */

#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "clock.h"
#include "prime-job.h"

/* Written by the worker's process, read by ours. */
typedef struct Stopwatch {
        usec_t setting, reading;
        unsigned n_writes;
} Stopwatch;

static Stopwatch *watch;
static AdapterAccess *kernel;
static PrimePlan *plan;
static bool done;

static int timed_read(AdapterAccess *a, int ifindex, uint64_t items, AdapterProfile *p, Error *e) {
        usec_t begin = clock_monotonic();
        int r = adapter_access_read(kernel, ifindex, items, p, e);

        watch->reading += clock_monotonic() - begin;
        return r;
}

static int timed_write(AdapterAccess *a, int ifindex, const AdapterChange *changes, size_t n, Error *e) {
        usec_t begin = clock_monotonic();
        int r = adapter_access_write(kernel, ifindex, changes, n, e);

        watch->setting += clock_monotonic() - begin;
        watch->n_writes++;
        return r;
}

static int open_timed(AdapterAccess **ret, Error *e) {
        static const AdapterAccessOps ops = { .name = "timed", .read = timed_read, .write = timed_write };
        static AdapterAccess access = { .ops = &ops };

        *ret = &access;
        return adapter_access_new(&kernel, e);
}

static void on_done(PrimeJob *j, int result, const PrimePlan *p, const Error *e, void *userdata) {
        if (result < 0 || prime_plan_copy(plan, p) < 0) {
                fprintf(stderr, "prime-times: %s\n", e ? e->text : "out of memory");
                exit(EXIT_FAILURE);
        }
        done = true;
}

static void run(sd_event *event, const char *what, PrimeTask task, int serving, int spare,
                const PrimePlan *before) {
        PrimeRequest request = { .task = task, .serving = serving, .spare = spare, .before = before };
        PrimeJobOptions options = { .open = open_timed };
        usec_t begin = clock_monotonic(), took;
        PrimeJob *j = NULL;
        Error e = {};

        *watch = (Stopwatch){};
        done = false;
        if (prime_job_new(event, &request, &options, on_done, NULL, &j, &e) < 0) {
                fprintf(stderr, "prime-times: %s\n", e.text);
                exit(EXIT_FAILURE);
        }
        while (!done)
                (void) sd_event_run(event, UINT64_MAX);
        took = clock_monotonic() - begin;
        prime_job_free(j);
        printf("\"%s\": {\"total\": %lu, \"setting\": %lu, \"reading\": %lu, \"writes\": %u}", what,
                        (unsigned long) took, (unsigned long) watch->setting, (unsigned long) watch->reading,
                        watch->n_writes);
}

int main(int argc, char *argv[]) {
        int serving = argc == 3 ? (int) if_nametoindex(argv[1]) : 0,
            spare = argc == 3 ? (int) if_nametoindex(argv[2]) : 0;
        PrimePlan *applied = prime_plan_new();
        sd_event *event = NULL;

        plan = prime_plan_new();
        watch = mmap(NULL, sizeof(*watch), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (serving == 0 || spare == 0 || !plan || !applied || watch == MAP_FAILED ||
                        sd_event_new(&event) < 0) {
                fprintf(stderr, "usage: prime-times SERVING SPARE\n");
                return EXIT_FAILURE;
        }
        printf("{");
        run(event, "prime", PRIME_TASK_APPLY, serving, spare, NULL);
        if (prime_plan_copy(applied, plan) < 0)
                return EXIT_FAILURE;
        printf(", ");
        run(event, "look", PRIME_TASK_PLAN, serving, spare, applied);
        printf(", \"settings\": %zu, \"equal\": %s, ", plan->n_steps,
                        prime_plan_is_equal(plan) ? "true" : "false");
        run(event, "revert", PRIME_TASK_UNDO, serving, spare, applied);
        printf("}\n");
        sd_event_unref(event);
        prime_plan_free(applied);
        prime_plan_free(plan);
        return EXIT_SUCCESS;
}
