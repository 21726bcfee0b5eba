/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Priming in which the kernel refuses one write: the real worker in its own process, as primed runs it, that is
 * without CAP_NET_ADMIN for the time of that write, so that the kernel's own check says no, whatever it is that
 * is set.
 *
 *     prime-refused SERVING SPARE NUMBER [ITEM...]
 *
 * Primes, with the items that are copied on request only; the write of that NUMBER (1 is the first; 0: none) is
 * refused. What succeeds all the same is taken back. Prints, as JSON, the result, the error, what was refused,
 * and how many writes came before and after. */

#include <json-c/json.h>
#include <linux/capability.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "prime-job.h"

/* Written by the worker's process, read by ours. */
typedef struct Count {
        unsigned n_writes, refused;
        char what[64];
} Count;

static Count *count;
static AdapterAccess *kernel;
static PrimePlan *plan;
static json_object *told;
static bool done;

static int administer(bool allowed) {
        struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
        struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {};
        uint32_t bit = UINT32_C(1) << CAP_NET_ADMIN;

        if (syscall(SYS_capget, &header, data) < 0)
                return -errno;
        data[0].effective = allowed ? data[0].effective | bit : data[0].effective & ~bit;
        return syscall(SYS_capset, &header, data) < 0 ? -errno : 0;
}

static int counted_read(AdapterAccess *a, int ifindex, uint64_t items, AdapterProfile *p, Error *e) {
        return adapter_access_read(kernel, ifindex, items, p, e);
}

static int counted_write(AdapterAccess *a, int ifindex, const AdapterChange *changes, size_t n, Error *e) {
        int r;

        count->n_writes++;
        if (count->n_writes != count->refused)
                return adapter_access_write(kernel, ifindex, changes, n, e);
        snprintf(count->what, sizeof(count->what), "%s",
                        prime_item_to_string(adapter_attribute_info(changes[0].attribute)->item));
        if (administer(false) < 0)
                abort();
        r = adapter_access_write(kernel, ifindex, changes, n, e);
        if (administer(true) < 0)
                abort();
        return r;
}

static int open_counted(AdapterAccess **ret, Error *e) {
        static const AdapterAccessOps ops = { .name = "counted", .read = counted_read, .write = counted_write };
        static AdapterAccess access = { .ops = &ops };

        *ret = &access;
        return adapter_access_new(&kernel, e);
}

static void on_done(PrimeJob *j, int result, const PrimePlan *p, const Error *e, void *userdata) {
        bool first = told == NULL;

        if (first)
                told = json_object_new_object();
        json_object_object_add(told, first ? "result" : "undone", json_object_new_int(result));
        json_object_object_add(told, first ? "error" : "undo_error", json_object_new_string(e ? e->text : ""));
        if (first && p && prime_plan_copy(plan, p) < 0)
                abort();
        done = true;
}

static int run(sd_event *event, const PrimeRequest *request) {
        PrimeJobOptions options = { .open = open_counted };
        PrimeJob *j = NULL;
        Error e = {};

        done = false;
        if (prime_job_new(event, request, &options, on_done, NULL, &j, &e) < 0) {
                fprintf(stderr, "prime-refused: %s\n", e.text);
                return -EIO;
        }
        while (!done)
                (void) sd_event_run(event, UINT64_MAX);
        prime_job_free(j);
        return 0;
}

static void tell_steps(void) {
        json_object *steps = json_object_new_array();

        for (size_t i = 0; i < plan->n_steps; i++) {
                const PrimeStep *s = &plan->steps[i];
                json_object *o = json_object_new_object();

                json_object_object_add(o, "setting", json_object_new_string(PRIME_STEP_LABEL(s)));
                json_object_object_add(
                                o, "outcome", json_object_new_string(prime_outcome_to_string(s->outcome)));
                json_object_object_add(o, "note", json_object_new_string(s->note));
                json_object_array_add(steps, o);
        }
        json_object_object_add(told, "steps", steps);
}

static bool take_arguments(int argc, char *argv[], PrimeRequest *request) {
        if (argc < 4)
                return false;
        request->serving = (int) if_nametoindex(argv[1]);
        request->spare = (int) if_nametoindex(argv[2]);
        count->refused = (unsigned) strtoul(argv[3], NULL, 10);
        for (int i = 4; i < argc; i++) {
                PrimeItemId item = prime_item_from_string(argv[i]);

                if (item < 0)
                        return false;
                request->items.include |= UINT64_C(1) << item;
        }
        return request->serving > 0 && request->spare > 0;
}

int main(int argc, char *argv[]) {
        PrimeRequest request = { .task = PRIME_TASK_APPLY };
        sd_event *event = NULL;
        unsigned n_writes;

        plan = prime_plan_new();
        count = mmap(NULL, sizeof(*count), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (count == MAP_FAILED || !plan || !take_arguments(argc, argv, &request) || sd_event_new(&event) < 0) {
                fprintf(stderr, "usage: prime-refused SERVING SPARE NUMBER [ITEM...]\n");
                return EXIT_FAILURE;
        }
        if (run(event, &request) < 0)
                return EXIT_FAILURE;
        n_writes = count->n_writes;
        count->refused = 0;
        if (json_object_get_int(json_object_object_get(told, "result")) >= 0) {
                PrimeRequest back = request;

                back.task = PRIME_TASK_UNDO;
                back.before = plan;
                if (run(event, &back) < 0)
                        return EXIT_FAILURE;
        }
        json_object_object_add(told, "writes", json_object_new_int((int) n_writes));
        json_object_object_add(told, "refused", json_object_new_string(count->what));
        tell_steps();
        puts(json_object_to_json_string_ext(told, JSON_C_TO_STRING_PLAIN));
        json_object_put(told);
        sd_event_unref(event);
        prime_plan_free(plan);
        return EXIT_SUCCESS;
}
