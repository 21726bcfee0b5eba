/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What is told of pairs, as parts of messages: answers to requests, moves, policies. */

#include "bus-call.h"

/* The answer to the request in c, ready to send. */
int bus_reply_new(BusCall *c, Pair *p, const PairReply *reply, sd_bus_message **ret);

/* Appends a move as a{sv}; NULL is the empty one. */
int bus_append_move(sd_bus_message *m, const MoveRecord *r);

/* Appends what a row of GetHistory() has beside its columns, as a{sv}: also the pair. */
int bus_append_history_details(sd_bus_message *m, const char *pair, const MoveRecord *r);

/* Appends policies as a policy file would say them, as s. */
int bus_append_policies(sd_bus_message *m, const PairPolicy *policies, size_t n);
