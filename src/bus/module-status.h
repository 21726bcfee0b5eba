/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* An adapter's module as it is told: on the bus as a{sv}, and in what Describe() gives. What is not known is
 * left out of the one and null in the other; of a lane that is unknown where others are known, the number is
 * NaN. */

#include <systemd/sd-bus.h>

#include "status-json.h"

/* Appends an a{sv}; empty while nothing was read. */
int module_status_append(sd_bus_message *m, const ModuleStatus *s, StatusClock now);

/* NULL while nothing was read and nothing is wrong. */
json_object *module_status_to_json(const ModuleStatus *s, StatusClock now);
