/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Reading what the daemon describes (JSON), and turning what it answers on the bus into the same. Readers take
 * any object, also NULL, and fall back where a field is missing, null or of another type: a newer or older
 * daemon must not break the tool. */

#include <json-c/json.h>
#include <systemd/sd-bus.h>

#include "macro.h"

static inline void json_putp(json_object **o) {
        if (*o)
                json_object_put(*o);
}
#define _cleanup_json_ _cleanup_(json_putp)

const char *json_string(const json_object *o, const char *key, const char *fallback);
bool json_flag(const json_object *o, const char *key);
uint64_t json_u64(const json_object *o, const char *key, uint64_t fallback);
double json_number(const json_object *o, const char *key, double fallback);
/* An object or array below o, NULL when there is none. */
json_object *json_child(const json_object *o, const char *key);
size_t json_length(const json_object *array);

/* A number without the noise of 17 digits; null for what is not finite. */
json_object *json_new_number(double value);

/* The next complete value of a message as JSON: dictionaries with string keys become objects, whose keys are
 * written as in Describe() ("detect-usec" is "detect_us"); -ENODATA at the end of a container. */
int json_from_message(sd_bus_message *m, json_object **ret);

/* To stdout, with a newline. */
void json_print(json_object *o, bool pretty);
