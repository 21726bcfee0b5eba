/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>

#include "alloc-util.h"
#include "bus-call.h"

static int check_room(const Bus *b, sd_bus_message *m, sd_bus_error *error) {
        const char *sender = sd_bus_message_get_sender(m);
        size_t n = 0;
        BusCall *c;

        TAILQ_FOREACH(c, &b->calls, entry)
                n += streq_ptr(sd_bus_message_get_sender(c->message), sender);
        if (n >= BUS_CALLS_PER_SENDER_MAX || b->n_calls >= BUS_CALLS_MAX)
                return sd_bus_error_setf(error, SD_BUS_ERROR_LIMITS_EXCEEDED,
                                "too many calls are waiting for their answer");
        return 0;
}

int bus_call_new(Bus *b, sd_bus_message *m, const char *action, BusCallFunc run, const char *pair,
                BusCall **ret, sd_bus_error *error) {
        BusCall *c;
        int r;

        r = check_room(b, m, error);
        if (r < 0)
                return r;
        c = new0(BusCall, 1);
        if (!c)
                return -ENOMEM;
        c->bus = b;
        c->message = sd_bus_message_ref(m);
        c->action = action;
        c->run = run;
        if (pair)
                memcpy(c->pair, pair, strnlen(pair, PAIR_NAME_MAX));
        TAILQ_INSERT_TAIL(&b->calls, c, entry);
        b->n_calls++;
        *ret = c;
        return 0;
}

BusCall *bus_call_free(BusCall *c) {
        if (!c)
                return NULL;
        if (c->bus) {
                TAILQ_REMOVE(&c->bus->calls, c, entry);
                c->bus->n_calls--;
        }
        sd_bus_slot_unref(c->slot);
        prime_plan_free(c->snapshot);
        sd_bus_message_unref(c->message);
        free(c);
        return NULL;
}

void bus_call_run(BusCall *c) {
        Error e = {};
        Pair *p = NULL;

        if (!c->bus) {
                bus_call_free(c);
                return;
        }
        if (c->pair[0]) {
                p = manager_find_pair(c->bus->manager, c->pair);
                if (!p) {
                        error_set(&e, ERROR_NO_SUCH_PAIR, -ENOENT, "pair '%s' is gone", c->pair);
                        bus_call_fail_error(c, &e);
                        return;
                }
        }
        if (c->run(c, p, &e) < 0)
                bus_call_fail_error(c, &e);
}

/* Nothing to be done when the answer cannot be sent: the caller or the bus has gone. */
void bus_call_reply(BusCall *c, sd_bus_message *reply) {
        if (reply)
                sd_bus_send(NULL, reply, NULL);
        else
                sd_bus_reply_method_return(c->message, NULL);
        bus_call_free(c);
}

void bus_call_fail(BusCall *c, const sd_bus_error *error) {
        sd_bus_reply_method_error(c->message, error);
        bus_call_free(c);
}

void bus_call_fail_error(BusCall *c, const Error *e) {
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;

        bus_error_set(&error, e);
        bus_call_fail(c, &error);
}

int bus_error_set(sd_bus_error *ret, const Error *e) {
        char name[96];

        if (e->code == 0)
                return sd_bus_error_set(ret, SD_BUS_ERROR_FAILED, "failed for an unknown reason");
        if (e->kind == ERROR_INVALID_ARGUMENT)
                return sd_bus_error_set(ret, SD_BUS_ERROR_INVALID_ARGS, e->text);
        snprintf(name, sizeof(name), BUS_INTERFACE("Error.%s"), error_kind_to_string(e->kind) ?: "Failed");
        return sd_bus_error_set(ret, name, e->text);
}
