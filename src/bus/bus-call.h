/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A method call that changes something, from its checked arguments to its answer: it waits for the caller to be
 * authorized (bus-polkit.h), then for the pair. It holds names, not pointers, since what they mean may be gone
 * when its turn comes. */

#include "bus-internal.h"

/* Bounded, so that nobody can fill the daemon's memory with calls that wait. */
#define BUS_CALLS_MAX            8192 /* a user may have 256 connections: he cannot fill it alone */
#define BUS_CALLS_PER_SENDER_MAX 16

/* Does it. p is NULL for the manager's methods. Negative: refused, e says why, and the call is still its
 * caller's; otherwise the call was answered, or will be. */
typedef int (*BusCallFunc)(BusCall *c, Pair *p, Error *e);

struct BusCall {
        Bus *bus;
        sd_bus_message *message;
        sd_bus_slot *slot; /* of the question under way */
        BusCallFunc run;
        const char *action;           /* "switch"; the polkit action's last part */
        char pair[PAIR_NAME_MAX + 1]; /* empty: none */
        uint32_t uid, pid;            /* of the caller, known when run is called */
        PairRequest request;          /* also: target and reason of what is no request */
        usec_t duration;
        Signal signal;
        EvidenceLevel level;
        PrimePlan *snapshot; /* what request.snapshot points to; the call's */
        bool force;
        char who[64], why[PAIR_REASON_MAX];
        TAILQ_ENTRY(BusCall) entry;
};

/* Negative with error set: too many calls wait. */
int bus_call_new(Bus *b, sd_bus_message *m, const char *action, BusCallFunc run, const char *pair,
                BusCall **ret, sd_bus_error *error);
BusCall *bus_call_free(BusCall *c);
DEFINE_CLEANUP(BusCall *, bus_call_free);

/* The caller is authorized. */
void bus_call_run(BusCall *c);

/* Answers, and frees the call. reply: made by sd_bus_message_new_method_return(), or NULL for an empty one. */
void bus_call_reply(BusCall *c, sd_bus_message *reply);
void bus_call_fail(BusCall *c, const sd_bus_error *error);
void bus_call_fail_error(BusCall *c, const Error *e);
