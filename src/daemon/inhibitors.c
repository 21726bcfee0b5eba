/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>

#include "alloc-util.h"
#include "inhibitors.h"

struct Inhibitors {
        sd_event *event;
        void (*changed)(void *userdata);
        void *userdata;
        uint64_t last_id;
        size_t n;
        Inhibitor items[INHIBITORS_MAX];
        sd_event_source *source[INHIBITORS_MAX];
};

int inhibitors_new(sd_event *event, void (*changed)(void *userdata), void *userdata, Inhibitors **ret) {
        Inhibitors *i = new0(Inhibitors, 1);

        if (!i)
                return -ENOMEM;
        i->event = sd_event_ref(event);
        i->changed = changed;
        i->userdata = userdata;
        *ret = i;
        return 0;
}

Inhibitors *inhibitors_free(Inhibitors *i) {
        if (!i)
                return NULL;
        for (size_t k = 0; k < i->n; k++)
                sd_event_source_disable_unref(i->source[k]);
        sd_event_unref(i->event);
        free(i);
        return NULL;
}

static int on_hangup(sd_event_source *source, int fd, uint32_t revents, void *userdata) {
        Inhibitors *i = userdata;

        for (size_t k = 0; k < i->n; k++)
                if (i->source[k] == source) {
                        i->n--;
                        i->items[k] = i->items[i->n];
                        i->source[k] = i->source[i->n];
                        sd_event_source_disable_unref(source);
                        break;
                }
        i->changed(i->userdata);
        return 0;
}

int inhibitors_add(Inhibitors *i, const Inhibitor *what, Error *e) {
        int pipe_fds[2], r;

        if (i->n >= INHIBITORS_MAX)
                return error_set(e, ERROR_BUSY, -EBUSY, "there are %d inhibitors already", INHIBITORS_MAX);
        if (pipe2(pipe_fds, O_CLOEXEC | O_NONBLOCK) < 0)
                return error_errno(e, -errno, "cannot make an inhibitor");
        r = sd_event_add_io(i->event, i->source + i->n, pipe_fds[0], EPOLLHUP, on_hangup, i);
        if (r < 0) {
                close(pipe_fds[0]);
                close(pipe_fds[1]);
                return error_errno(e, r, "cannot watch an inhibitor");
        }
        (void) sd_event_source_set_io_fd_own(i->source[i->n], 1);
        i->items[i->n] = *what;
        i->items[i->n].id = ++i->last_id;
        i->n++;
        i->changed(i->userdata);
        return pipe_fds[1];
}

size_t inhibitors_list(const Inhibitors *i, const Inhibitor **ret) {
        *ret = i->items;
        return i->n;
}

unsigned inhibitors_count(const Inhibitors *i, const char *pair) {
        unsigned n = 0;

        for (size_t k = 0; k < i->n; k++)
                n += !i->items[k].pair[0] || streq(i->items[k].pair, pair);
        return n;
}
