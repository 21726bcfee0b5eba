/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>

#include "bond-control.h"
#include "fork-guard.h"
#include "thread-util.h"

int bond_control_init(BondControl *c, Error *e) {
        *c = (BondControl){};
        return rtnetlink_new(&c->netlink, e);
}

static void drop_batch(BondControl *c) {
        for (size_t k = 0; k < c->n_requests; k++)
                nlmsg_free(c->request[k]);
        c->n_requests = 0;
}

int bond_control_wait(BondControl *c) {
        if (c->running) {
                (void) pthread_join(c->thread, NULL);
                drop_batch(c);
        }
        c->running = c->finished = false;
        return c->result;
}

void bond_control_done(BondControl *c) {
        (void) bond_control_wait(c);
        drop_batch(c);
        c->netlink = rtnetlink_free(c->netlink);
}

int bond_control_add(BondControl *c, struct nl_msg *request) {
        if (!request)
                return -ENOMEM;
        if (c->n_requests == BOND_CONTROL_REQUESTS_MAX) {
                nlmsg_free(request);
                return -ENOSPC;
        }
        c->request[c->n_requests++] = request;
        return 0;
}

static void *send_batch(void *userdata) {
        BondControl *c = userdata;

        fork_guard_enter();
        c->result = 0;
        for (size_t k = 0; c->result == 0 && k < c->n_requests; k++)
                c->result = rtnetlink_call(c->netlink, c->request[k]);
        if (c->result < 0)
                snprintf(c->words, sizeof(c->words), "%s", rtnetlink_words(c->netlink));
        fork_guard_leave();
        __atomic_store_n(&c->finished, true, __ATOMIC_RELEASE);
        return NULL;
}

int bond_control_start(BondControl *c) {
        int r;

        if (c->running)
                return -EBUSY;
        r = thread_start(&c->thread, send_batch, c);
        c->running = r == 0;
        if (r < 0)
                drop_batch(c);
        return r;
}

int bond_control_poll(BondControl *c, int *ret) {
        if (!c->running || !__atomic_load_n(&c->finished, __ATOMIC_ACQUIRE))
                return 0;
        *ret = bond_control_wait(c);
        return 1;
}
