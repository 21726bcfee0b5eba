/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <linux/rtnetlink.h>

#include "alloc-util.h"
#include "clock.h"
#include "rtnetlink.h"
#include "rtnl-gate.h"

#define LOOPBACK 1 /* its ifindex, in every network namespace (LOOPBACK_IFINDEX of the kernel) */

/* Nobody had the lock, or wanted it before us: the answer takes some 20 us then. */
#define AT_ONCE (2 * USEC_PER_MSEC)
/* Until the next question. */
#define PAUSE (50 * USEC_PER_MSEC)

typedef struct Question {
        usec_t took;
} Question;

struct RtnlGate {
        Errands *errands;
        Errand *asking;                       /* NULL: nobody waits, or after the pause */
        TAILQ_HEAD(, RtnlGateWaiter) waiters; /* in the order they came in */
        sd_event_source *pause;
        sd_event_source *anyway; /* there is no thread: better to wait than to never go */
};

static int ignore(struct nlmsghdr *h, void *userdata) {
        return 0;
}

/* Whatever the answer, it came with the lock held (rtnetlink_rcv_msg()). */
static void ask_kernel(void *work) {
        struct ifinfomsg head = { .ifi_index = LOOPBACK };
        _cleanup_(rtnetlink_freep) Rtnetlink *n = NULL;
        _cleanup_(rtnetlink_message_freep) struct nl_msg *m = nlmsg_alloc_simple(RTM_GETLINK, 0);
        Question *q = work;
        usec_t began;

        if (!m || nlmsg_append(m, &head, sizeof(head), NLMSG_ALIGNTO) < 0 || rtnetlink_new(&n, NULL) < 0)
                return;
        began = clock_monotonic();
        (void) rtnetlink_get(n, m, ignore, NULL);
        q->took = clock_monotonic() - began;
}

static const ErrandKind question_kind = { ask_kernel, free };

static void go_on(RtnlGate *g) {
        Question *q;

        if (TAILQ_EMPTY(&g->waiters) || g->asking)
                return;
        q = new0(Question, 1);
        if (!q || errand_send(g->errands, &question_kind, q, &g->asking) < 0) /* which frees it then */
                (void) sd_event_source_set_enabled(g->anyway, SD_EVENT_ONESHOT);
}

static int on_pause(sd_event_source *source, uint64_t usec, void *userdata) {
        go_on(userdata);
        return 0;
}

static void let_through(RtnlGate *g) {
        RtnlGateWaiter *w = TAILQ_FIRST(&g->waiters);

        if (w)
                rtnl_gate_leave(g, w);
        go_on(g);
        if (w)
                w->go(w->userdata);
}

static int on_anyway(sd_event_source *source, void *userdata) {
        let_through(userdata);
        return 0;
}

int rtnl_gate_new(sd_event *event, Errands *e, RtnlGate **ret) {
        RtnlGate *g = new0(RtnlGate, 1);
        int r;

        if (!g)
                return -ENOMEM;
        g->errands = e;
        TAILQ_INIT(&g->waiters);
        r = sd_event_add_defer(event, &g->anyway, on_anyway, g);
        if (r >= 0)
                r = sd_event_source_set_enabled(g->anyway, SD_EVENT_OFF);
        if (r >= 0)
                r = sd_event_add_time(event, &g->pause, CLOCK_MONOTONIC, 0, 0, on_pause, g);
        if (r >= 0)
                r = sd_event_source_set_enabled(g->pause, SD_EVENT_OFF);
        if (r < 0) {
                rtnl_gate_free(g);
                return r;
        }
        *ret = g;
        return 0;
}

RtnlGate *rtnl_gate_free(RtnlGate *g) {
        if (!g)
                return NULL;
        errand_free(g->asking);
        sd_event_source_disable_unref(g->anyway);
        sd_event_source_disable_unref(g->pause);
        free(g);
        return NULL;
}

void rtnl_gate_ask(RtnlGate *g, RtnlGateWaiter *w) {
        if (w->waits)
                return;
        w->waits = true;
        TAILQ_INSERT_TAIL(&g->waiters, w, entry);
        go_on(g);
}

void rtnl_gate_leave(RtnlGate *g, RtnlGateWaiter *w) {
        if (!w->waits)
                return;
        w->waits = false;
        TAILQ_REMOVE(&g->waiters, w, entry);
}

void rtnl_gate_look(RtnlGate *g) {
        const Question *q;
        bool at_once;

        q = g->asking ? errand_result(g->asking) : NULL;
        if (!q)
                return;
        at_once = q->took <= AT_ONCE;
        g->asking = errand_free(g->asking);
        if (at_once)
                let_through(g);
        else if (sd_event_source_set_time_relative(g->pause, PAUSE) < 0 ||
                        sd_event_source_set_enabled(g->pause, SD_EVENT_ONESHOT) < 0)
                go_on(g);
}
