/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <malloc.h>
#include <sys/epoll.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "alloc-util.h"
#include "carrier-trace-object.h"
#include "carrier-trace.h"

#define FOLLOWERS 2 /* programs of carrier-trace.bpf.c */

struct CarrierTrace {
        CarrierTraceFunc func;
        void *userdata;
        struct bpf_object *object;
        struct bpf_link *followers[FOLLOWERS];
        struct ring_buffer *changes;
        int watched; /* map, of the object */
        sd_event_source *source;
};

bool carrier_trace_refused;

static int on_told(void *userdata, void *data, size_t size) {
        CarrierTrace *t = userdata;
        int ifindex;

        if (size < sizeof(ifindex))
                return 0;
        memcpy(&ifindex, data, sizeof(ifindex));
        t->func(ifindex, t->userdata);
        return 0;
}

static int on_changes(sd_event_source *source, int fd, uint32_t revents, void *userdata) {
        CarrierTrace *t = userdata;

        (void) ring_buffer__consume(t->changes);
        return 0;
}

static int load(CarrierTrace *t) {
        LIBBPF_OPTS(bpf_object_open_opts, options, .object_name = "primed");
        struct bpf_program *program;
        size_t n = 0;
        int r;

        if (carrier_trace_refused)
                return -EOPNOTSUPP;
        t->object = bpf_object__open_mem(carrier_trace_object, sizeof(carrier_trace_object), &options);
        if (!t->object)
                return -errno;
        r = bpf_object__load(t->object);
        /* the types of the kernel, megabytes of them, which nobody needs any more */
        (void) malloc_trim(0);
        if (r < 0)
                return r;
        bpf_object__for_each_program(program, t->object) {
                t->followers[n] = bpf_program__attach(program);
                if (!t->followers[n++])
                        return -errno;
        }
        return 0;
}

static int listen_to(CarrierTrace *t, sd_event *event) {
        int r;

        t->watched = bpf_object__find_map_fd_by_name(t->object, "watched");
        t->changes = ring_buffer__new(bpf_object__find_map_fd_by_name(t->object, "changes"), on_told, t, NULL);
        if (!t->changes)
                return -errno;
        r = sd_event_add_io(event, &t->source, ring_buffer__epoll_fd(t->changes), EPOLLIN, on_changes, t);
        if (r < 0)
                return r;
        (void) sd_event_source_set_description(t->source, "carrier-trace");
        return sd_event_source_set_priority(t->source, SD_EVENT_PRIORITY_IMPORTANT);
}

int carrier_trace_new(sd_event *event, CarrierTraceFunc func, void *userdata, CarrierTrace **ret, Error *e) {
        _cleanup_(carrier_trace_freep) CarrierTrace *t = new0(CarrierTrace, 1);
        libbpf_print_fn_t print;
        int r;

        if (!t)
                return error_errno(e, -ENOMEM, "cannot follow carriers");
        t->func = func;
        t->userdata = userdata;
        print = libbpf_set_print(NULL);
        r = load(t);
        libbpf_set_print(print);
        if (r >= 0)
                r = listen_to(t, event);
        if (r < 0)
                return error_errno(e, r, "the kernel takes no program that follows carriers");
        *ret = TAKE_PTR(t);
        return 0;
}

CarrierTrace *carrier_trace_free(CarrierTrace *t) {
        if (!t)
                return NULL;
        sd_event_source_disable_unref(t->source);
        ring_buffer__free(t->changes);
        for (size_t i = 0; i < FOLLOWERS; i++)
                bpf_link__destroy(t->followers[i]);
        bpf_object__close(t->object);
        free(t);
        return NULL;
}

int carrier_trace_add(CarrierTrace *t, int ifindex) {
        uint8_t one = 1;

        return bpf_map_update_elem(t->watched, &ifindex, &one, BPF_ANY);
}

void carrier_trace_remove(CarrierTrace *t, int ifindex) {
        (void) bpf_map_delete_elem(t->watched, &ifindex);
}
