/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The methods of org.primed.Primed1.Pair that ask something of a pair: read and check the arguments, have the
 * caller authorized, call one function of pair.h, answer. Handlers of sd-bus; userdata is a BusPair. */

#include "bus-call.h"

int bus_pair_method_switch(sd_bus_message *m, void *userdata, sd_bus_error *error);
int bus_pair_method_split(sd_bus_message *m, void *userdata, sd_bus_error *error);
int bus_pair_method_revert(sd_bus_message *m, void *userdata, sd_bus_error *error);
int bus_pair_method_drill(sd_bus_message *m, void *userdata, sd_bus_error *error);
int bus_pair_method_confirm(sd_bus_message *m, void *userdata, sd_bus_error *error);
int bus_pair_method_plan(sd_bus_message *m, void *userdata, sd_bus_error *error);
int bus_pair_method_prime(sd_bus_message *m, void *userdata, sd_bus_error *error);
int bus_pair_method_unprime(sd_bus_message *m, void *userdata, sd_bus_error *error);
int bus_pair_method_probe(sd_bus_message *m, void *userdata, sd_bus_error *error);
int bus_pair_method_hold(sd_bus_message *m, void *userdata, sd_bus_error *error);
int bus_pair_method_release(sd_bus_message *m, void *userdata, sd_bus_error *error);
int bus_pair_method_reset(sd_bus_message *m, void *userdata, sd_bus_error *error);
int bus_pair_method_inject(sd_bus_message *m, void *userdata, sd_bus_error *error);

/* Hands the call's request to the pair; it is answered when the pair is done. A BusCallFunc. */
int bus_pair_run_request(BusCall *c, Pair *p, Error *e);
