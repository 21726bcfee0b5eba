/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Requests to the kernel that may wait for its RTNL lock, in a thread: one batch at a time. */

#include <pthread.h>

#include "rtnetlink.h"

#define BOND_CONTROL_REQUESTS_MAX 3

typedef struct BondControl {
        Rtnetlink *netlink; /* the thread's while it runs */
        struct nl_msg *request[BOND_CONTROL_REQUESTS_MAX];
        size_t n_requests;
        bool running;
        bool finished; /* atomic */
        int result;    /* of the batch: 0, or the first error */
        char words[160];
        pthread_t thread;
} BondControl;

int bond_control_init(BondControl *c, Error *e);
/* Waits for the thread. */
void bond_control_done(BondControl *c);

/* Puts a request into the next batch, which owns it from now on: 0, or -ENOMEM for NULL. */
int bond_control_add(BondControl *c, struct nl_msg *request);
/* Sends the batch, one request after the other until one fails. -EBUSY while an earlier one is under way. */
int bond_control_start(BondControl *c);
/* 1: the batch is through, its result in *ret; 0: not yet, or there is none. */
int bond_control_poll(BondControl *c, int *ret);
/* Waits for a batch that is under way; its result. */
int bond_control_wait(BondControl *c);
