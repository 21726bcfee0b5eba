/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The daemon on the bus: org.primed.Primed1(5). Reads the model (manager.h, pair.h), calls one of its functions
 * per method, and tells what its observer hears. */

#include <systemd/sd-event.h>

#include "manager.h"

typedef struct Bus Bus;

/* Whoever asks for the name now gets an answer, or there is no bus to ask on, or none that answers. */
typedef void (*BusSettledFunc)(void *userdata);

/* Goes on the system bus (DBUS_SYSTEM_BUS_ADDRESS is honoured), becomes the manager's observer and takes the
 * name. A bus that is not there, or goes away, is no reason to stop guarding: it is tried again every two
 * seconds. When another process owns the name the loop ends with EXIT_FAILURE. Nothing here waits for an answer
 * from the bus. settled is called once, from the loop, within 5 s. event and manager must outlive it. */
int bus_new(sd_event *event, Manager *manager, BusSettledFunc settled, void *userdata, Bus **ret, Error *e);

/* Says what is left to say, lets go of name and manager. NULL is fine; returns NULL. */
Bus *bus_free(Bus *b);
DEFINE_CLEANUP(Bus *, bus_free);
