/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>
#include <stdio.h>

#include "alloc-util.h"
#include "json-util.h"

json_object *json_child(const json_object *o, const char *key) {
        json_object *child = NULL;

        if (!json_object_is_type(o, json_type_object) || !json_object_object_get_ex(o, key, &child))
                return NULL;
        return child;
}

const char *json_string(const json_object *o, const char *key, const char *fallback) {
        json_object *child = json_child(o, key);

        return json_object_is_type(child, json_type_string) ? json_object_get_string(child) : fallback;
}

bool json_flag(const json_object *o, const char *key) {
        return json_object_get_boolean(json_child(o, key));
}

uint64_t json_u64(const json_object *o, const char *key, uint64_t fallback) {
        json_object *child = json_child(o, key);

        return json_object_is_type(child, json_type_int) ? json_object_get_uint64(child) : fallback;
}

double json_number(const json_object *o, const char *key, double fallback) {
        json_object *child = json_child(o, key);

        if (!json_object_is_type(child, json_type_double) && !json_object_is_type(child, json_type_int))
                return fallback;
        return json_object_get_double(child);
}

size_t json_length(const json_object *array) {
        return json_object_is_type(array, json_type_array) ? json_object_array_length(array) : 0;
}

json_object *json_new_number(double value) {
        char text[32];

        if (!isfinite(value))
                return NULL;
        snprintf(text, sizeof(text), "%.9g", value);
        return json_object_new_double_s(value, text);
}

/* "detect-usec" -> "detect_us", "dry-run" -> "dry_run". */
static void key_from_option(const char *option, char *buffer, size_t size) {
        size_t n;

        snprintf(buffer, size, "%s", option);
        n = strlen(buffer);
        if (n > 5 && streq(buffer + n - 5, "-usec"))
                buffer[n - 2] = 0;
        for (char *p = buffer; *p; p++)
                if (*p == '-')
                        *p = '_';
}

static int basic_from_message(sd_bus_message *m, char type, json_object **ret) {
        union {
                uint8_t y;
                int b, i;
                int16_t n;
                uint16_t q;
                uint32_t u;
                int64_t x;
                uint64_t t;
                double d;
                const char *s;
        } v = {};
        int r;

        r = sd_bus_message_read_basic(m, type, &v);
        if (r < 0)
                return r;
        switch (type) {
        case 'y':
                *ret = json_object_new_int(v.y);
                break;
        case 'b':
                *ret = json_object_new_boolean(v.b);
                break;
        case 'n':
                *ret = json_object_new_int(v.n);
                break;
        case 'q':
                *ret = json_object_new_int(v.q);
                break;
        case 'i':
        case 'h':
                *ret = json_object_new_int(v.i);
                break;
        case 'u':
                *ret = json_object_new_int64(v.u);
                break;
        case 'x':
                *ret = json_object_new_int64(v.x);
                break;
        case 't':
                *ret = json_object_new_uint64(v.t);
                break;
        case 'd':
                *ret = json_new_number(v.d);
                break;
        default:
                *ret = json_object_new_string(v.s);
        }
        return 1;
}

/* entry: what is between the braces of the array's signature, "sv". */
static int dictionary_from_message(sd_bus_message *m, const char *entry, json_object *object) {
        int r;

        while ((r = sd_bus_message_enter_container(m, SD_BUS_TYPE_DICT_ENTRY, entry)) > 0) {
                json_object *value;
                const char *name;
                char key[64];

                r = sd_bus_message_read_basic(m, 's', &name);
                if (r < 0)
                        return r;
                key_from_option(name, key, sizeof(key));
                r = json_from_message(m, &value);
                if (r < 0)
                        return r;
                json_object_object_add(object, key, value);
                r = sd_bus_message_exit_container(m);
                if (r < 0)
                        return r;
        }
        return r;
}

static int list_from_message(sd_bus_message *m, json_object *array) {
        json_object *value;
        int r;

        while ((r = json_from_message(m, &value)) > 0)
                json_object_array_add(array, value);
        return r == -ENODATA ? 0 : r;
}

int json_from_message(sd_bus_message *m, json_object **ret) {
        _cleanup_json_ json_object *o = NULL;
        char type, inside[256]; /* longer is no signature */
        const char *contents;
        int r;

        r = sd_bus_message_peek_type(m, &type, &contents);
        if (r < 0)
                return r;
        if (r == 0)
                return -ENODATA;
        if (!strchr("avr", type))
                return basic_from_message(m, type, ret);

        snprintf(inside, sizeof(inside), "%s", contents); /* theirs lasts until the next look only */
        r = sd_bus_message_enter_container(m, type, inside);
        if (r < 0)
                return r;
        if (type == SD_BUS_TYPE_VARIANT)
                r = json_from_message(m, &o);
        else if (type == SD_BUS_TYPE_ARRAY && inside[0] == '{' && inside[1] == 's') {
                inside[strlen(inside) - 1] = 0;
                o = json_object_new_object();
                r = dictionary_from_message(m, inside + 1, o);
        } else {
                o = json_object_new_array();
                r = list_from_message(m, o);
        }
        if (r < 0)
                return r;
        r = sd_bus_message_exit_container(m);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(o);
        return 1;
}

void json_print(json_object *o, bool pretty) {
        int flags = JSON_C_TO_STRING_NOSLASHESCAPE |
                        (pretty ? JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED : JSON_C_TO_STRING_PLAIN);

        puts(json_object_to_json_string_ext(o, flags));
}
