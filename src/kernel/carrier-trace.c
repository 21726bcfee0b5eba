/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <sys/epoll.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "alloc-util.h"
#include "carrier-frame-object.h"
#include "carrier-trace-object.h"
#include "carrier-trace.h"

/* enum bpf_attach_type in include/uapi/linux/bpf.h since Linux 6.6; older headers lack it. */
#define ATTACH_TCX_EGRESS 47

#define FOLLOWERS 2 /* programs of carrier-trace.bpf.c */

/* A program at an adapter's egress. */
typedef struct FrameHook {
        int ifindex;
        int fd; /* the link that keeps it there */
} FrameHook;

struct CarrierTrace {
        CarrierTraceFunc func;
        void *userdata;
        CarrierTraceKind kind;
        struct bpf_object *object;
        struct bpf_link *followers[FOLLOWERS];
        FrameHook *hooks;
        size_t n_hooks, allocated;
        struct ring_buffer *changes;
        int watched; /* map, of the object */
        sd_event_source *source;
};

CarrierTraceKind carrier_trace_best = CARRIER_TRACE_CHANGES;

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

static int load(CarrierTrace *t, const void *object, size_t size) {
        LIBBPF_OPTS(bpf_object_open_opts, options, .object_name = "primed");

        t->object = bpf_object__open_mem(object, size, &options);
        return t->object ? bpf_object__load(t->object) : -errno;
}

static void unload(CarrierTrace *t) {
        for (size_t i = 0; i < FOLLOWERS; i++) {
                bpf_link__destroy(t->followers[i]);
                t->followers[i] = NULL;
        }
        bpf_object__close(t->object);
        t->object = NULL;
}

static int follow_changes(CarrierTrace *t) {
        struct bpf_program *program;
        size_t n = 0;
        int r;

        if (carrier_trace_best > CARRIER_TRACE_CHANGES)
                return -EOPNOTSUPP;
        t->kind = CARRIER_TRACE_CHANGES;
        r = load(t, carrier_trace_object, sizeof(carrier_trace_object));
        if (r < 0)
                return r;
        bpf_object__for_each_program(program, t->object) {
                t->followers[n] = bpf_program__attach(program);
                if (!t->followers[n++])
                        return -errno;
        }
        return 0;
}

static int follow_frames(CarrierTrace *t) {
        if (carrier_trace_best > CARRIER_TRACE_FRAMES)
                return -EOPNOTSUPP;
        t->kind = CARRIER_TRACE_FRAMES;
        return load(t, carrier_frame_object, sizeof(carrier_frame_object));
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
        r = follow_changes(t);
        if (r < 0) {
                error_errno(e, r, "the kernel takes no program that follows carriers");
                unload(t);
                r = follow_frames(t);
        }
        libbpf_set_print(print);
        if (r >= 0)
                r = listen_to(t, event);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(t);
        return 0;
}

CarrierTrace *carrier_trace_free(CarrierTrace *t) {
        if (!t)
                return NULL;
        sd_event_source_disable_unref(t->source);
        ring_buffer__free(t->changes);
        for (size_t i = 0; i < t->n_hooks; i++)
                close(t->hooks[i].fd);
        free(t->hooks);
        unload(t);
        free(t);
        return NULL;
}

CarrierTraceKind carrier_trace_kind(const CarrierTrace *t) {
        return t ? t->kind : CARRIER_TRACE_NONE;
}

static FrameHook *hook_find(CarrierTrace *t, int ifindex) {
        for (size_t i = 0; i < t->n_hooks; i++)
                if (t->hooks[i].ifindex == ifindex)
                        return t->hooks + i;
        return NULL;
}

static int hook_add(CarrierTrace *t, int ifindex) {
        struct bpf_program *program = bpf_object__next_program(t->object, NULL);
        void *hooks = t->hooks;
        int r, fd;

        if (hook_find(t, ifindex))
                return 0;
        r = memory_grow(&hooks, &t->allocated, t->n_hooks + 1, sizeof(t->hooks[0]));
        t->hooks = hooks;
        if (r < 0)
                return r;
        fd = bpf_link_create(bpf_program__fd(program), ifindex, (enum bpf_attach_type) ATTACH_TCX_EGRESS, NULL);
        if (fd < 0)
                return -errno;
        t->hooks[t->n_hooks++] = (FrameHook){ .ifindex = ifindex, .fd = fd };
        return 0;
}

int carrier_trace_add(CarrierTrace *t, int ifindex) {
        uint8_t untold = 0;
        int r = bpf_map_update_elem(t->watched, &ifindex, &untold, BPF_ANY);

        return r >= 0 && t->kind == CARRIER_TRACE_FRAMES ? hook_add(t, ifindex) : r;
}

void carrier_trace_remove(CarrierTrace *t, int ifindex) {
        FrameHook *hook = hook_find(t, ifindex);

        (void) bpf_map_delete_elem(t->watched, &ifindex);
        if (!hook)
                return;
        close(hook->fd);
        *hook = t->hooks[--t->n_hooks];
}
