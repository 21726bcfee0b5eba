/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the steering must know of addresses, VLANs and groups is read by a thread, since the kernel answers only
 * when nobody else holds RTNL: a driver that hangs keeps neither this pair nor the others from moving. */

#include <stdio.h>

#include "alloc-util.h"
#include "clock.h"
#include "guard-internal.h"

typedef struct ReadingWork {
        const SteeringBackend *backend;
        SteeringParameters parameters; /* its strings and links are what follows */
        char pair[PAIR_NAME_MAX + 1];
        PairLink link[_PAIR_SIDE_MAX];
        void *links;

        SteeringReading *reading; /* NULL: it failed */
        Error error;
} ReadingWork;

static void work_run(void *userdata) {
        ReadingWork *w = userdata;

        (void) steering_read(w->backend, &w->parameters, &w->reading, &w->error);
}

static void work_free(void *userdata) {
        ReadingWork *w = userdata;

        steering_reading_free(w->reading);
        free(w->links);
        free(w);
}

static const ErrandKind reading_kind = { work_run, work_free };

static ReadingWork *work_new(const Guard *g, const SteeringBackend *backend, const PairLink *links) {
        ReadingWork *w = new0(ReadingWork, 1);

        if (!w)
                return NULL;
        w->backend = backend;
        snprintf(w->pair, sizeof(w->pair), "%s", pair_name(g->pair));
        memcpy(w->link, links, sizeof(w->link));
        w->parameters = guard_steering_parameters(g, w->pair, w->link);
        w->parameters.links = g->options.copy_links(g->options.links.userdata);
        w->links = w->parameters.links.userdata;
        return w;
}

int guard_port_read(void *userdata, const Steering *steering, const PairLink *links, Error *e) {
        Guard *g = userdata;
        ReadingWork *w = work_new(g, steering->backend, links);
        int r;

        guard_read_gateways(g, pair_policy(g->pair)); /* routes go with addresses, often untold */
        g->reading = errand_free(g->reading);
        r = w ? errand_send(g->options.errands, &reading_kind, w, &g->reading) : -ENOMEM;
        return r < 0 ? error_errno(e, r, "cannot read the addresses of pair %s", pair_name(g->pair)) : 0;
}

void guard_take_reading(Guard *g) {
        ReadingWork *w = g->reading ? errand_result(g->reading) : NULL;
        Errand *done;

        if (!w)
                return;
        done = TAKE_PTR(g->reading); /* the pair may ask again */
        pair_take_reading(g->pair, w->reading, &w->error, clock_monotonic());
        errand_free(done);
}
