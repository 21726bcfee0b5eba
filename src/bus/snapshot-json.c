/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>

#include "snapshot-json.h"

#define DEPTH_MAX 4

static void add_text(json_object *o, const char *key, const char *value) {
        json_object_object_add(o, key, *value ? json_object_new_string(value) : NULL);
}

static const char *place_key(AdapterScope scope) {
        return scope == SCOPE_TX_QUEUE || scope == SCOPE_RX_QUEUE ? "queue" : "place";
}

static json_object *step_to_json(const PrimeStep *s) {
        const AdapterAttributeInfo *info = adapter_attribute_info(s->attribute);
        PrimeSetting setting = prime_step_setting(s);
        char text[ADAPTER_VALUE_TEXT_MAX];
        json_object *o = json_object_new_object();

        add_text(o, "item", prime_item_to_string(s->item));
        add_text(o, "setting", info->name);
        if (setting.name[0])
                add_text(o, "name", setting.name);
        if (setting.place != 0 || info->scope == SCOPE_TX_QUEUE || info->scope == SCOPE_RX_QUEUE)
                json_object_object_add(o, place_key(info->scope), json_object_new_int64(setting.place));
        add_text(o, "value", adapter_value_format_exact(text, &s->undo, info->format));
        return o;
}

json_object *snapshot_to_json(const AdapterStatus *adapter, const PrimePlan *plan, usec_t realtime) {
        json_object *o = json_object_new_object(), *settings = json_object_new_array();
        char address[18];

        snprintf(address, sizeof(address), ETHER_ADDRESS_FORMAT,
                        ETHER_ADDRESS_ARGS(adapter->permanent_address));
        add_text(o, "format", SNAPSHOT_FORMAT);
        json_object_object_add(o, "version", json_object_new_int(SNAPSHOT_VERSION));
        add_text(o, "adapter", adapter->name);
        add_text(o, "driver", adapter->driver);
        add_text(o, "address", address);
        json_object_object_add(o, "time_us", json_object_new_uint64(realtime));
        json_object_object_add(o, "complete", json_object_new_boolean(true));
        for (size_t i = 0; plan && i < plan->n_steps; i++)
                if (plan->steps[i].undo.set)
                        json_object_array_add(settings, step_to_json(&plan->steps[i]));
        json_object_object_add(o, "settings", settings);
        return o;
}

static int refuse(Error *e, size_t i, const char *what, const char *word) {
        return error_set(e, ERROR_INVALID_ARGUMENT, -EINVAL, "the snapshot's setting %zu: %s%s%.64s%s", i + 1,
                        what, word ? " '" : "", word ?: "", word ? "'" : "");
}

/* NULL: there is none, or it is no text. */
static const char *text_of(json_object *o, const char *key) {
        json_object *value = NULL;

        if (!json_object_object_get_ex(o, key, &value) || !json_object_is_type(value, json_type_string))
                return NULL;
        return json_object_get_string(value);
}

static AdapterAttribute find_attribute(PrimeItemId item, const char *name) {
        for (AdapterAttribute a = 0; a < _ADAPTER_ATTRIBUTE_MAX; a++)
                if (adapter_attribute_info(a)->item == item && !adapter_attribute_info(a)->limit &&
                                streq(adapter_attribute_info(a)->name, name))
                        return a;
        return _ADAPTER_ATTRIBUTE_INVALID;
}

/* The queue, or what else says which of several; 0 when there is no such key. */
static int read_place(json_object *o, AdapterScope scope, unsigned *ret) {
        json_object *value = NULL;
        int64_t n = 0;

        if (json_object_object_get_ex(o, place_key(scope), &value)) {
                if (!json_object_is_type(value, json_type_int))
                        return -EINVAL;
                n = json_object_get_int64(value);
        }
        if (n < 0 || n > UINT32_MAX || (place_key(scope)[0] == 'q' && n >= ADAPTER_QUEUES_MAX))
                return -ERANGE;
        if (scope == SCOPE_DEVICE && n != 0)
                return -EINVAL;
        *ret = (unsigned) n;
        return 0;
}

static int read_setting(json_object *o, size_t i, PrimeStep *ret, Error *e) {
        const char *item = text_of(o, "item"), *setting = text_of(o, "setting"), *value = text_of(o, "value"),
                   *name = text_of(o, "name") ?: "";
        PrimeSetting s = {};

        if (!item || !setting || !value)
                return refuse(e, i, "item, setting and value must be there, as text", NULL);
        ret->item = prime_item_from_string(item);
        if ((int) ret->item < 0)
                return refuse(e, i, "there is no item", item);
        s.attribute = find_attribute(ret->item, setting);
        if ((int) s.attribute < 0)
                return refuse(e, i, "the item has no setting", setting);
        if (read_place(o, adapter_attribute_info(s.attribute)->scope, &s.place) < 0)
                return refuse(e, i, "no such queue or place", NULL);
        if (strlen(name) >= sizeof(s.name) || (s.attribute == ATTRIBUTE_FEATURE && !*name))
                return refuse(e, i, "no such name", name);
        memcpy(s.name, name, strlen(name) + 1);
        if (adapter_value_parse(value, adapter_attribute_info(s.attribute)->format, &ret->undo) < 0)
                return refuse(e, i, "no such value", value);
        prime_step_set_setting(ret, &s);
        return 0;
}

static int read_settings(json_object *settings, PrimePlan *plan, Error *e) {
        size_t n = json_object_array_length(settings);

        for (size_t i = 0; i < n; i++) {
                PrimeStep s = {}, *added;
                int r;

                r = read_setting(json_object_array_get_idx(settings, i), i, &s, e);
                if (r < 0)
                        return r;
                if (prime_plan_find(plan, &s))
                        return refuse(e, i, "is there twice", PRIME_STEP_LABEL(&s));
                added = prime_plan_add(plan);
                if (!added)
                        return refuse(e, i, "is one too many", NULL);
                *added = s;
        }
        return 0;
}

/* Stable: in which order the settings of one item are written may matter. */
static int sort_by_item(const PrimePlan *from, PrimePlan *to) {
        for (PrimeItemId item = 0; item < _PRIME_ITEM_MAX; item++)
                for (size_t i = 0; i < from->n_steps; i++) {
                        PrimeStep *s;

                        if (from->steps[i].item != item)
                                continue;
                        s = prime_plan_add(to);
                        if (!s)
                                return -ENOMEM;
                        *s = from->steps[i];
                }
        return 0;
}

static int check_head(json_object *o, const char *driver, Error *e) {
        const char *format = text_of(o, "format"), *of = text_of(o, "driver") ?: "";
        json_object *version = NULL;

        if (!format || !streq(format, SNAPSHOT_FORMAT))
                return error_set(e, ERROR_INVALID_ARGUMENT, -EINVAL, "this is no snapshot of an adapter");
        if (!json_object_object_get_ex(o, "version", &version) ||
                        json_object_get_int(version) != SNAPSHOT_VERSION)
                return error_set(e, ERROR_INVALID_ARGUMENT, -EINVAL,
                                "the snapshot is of a version other than %d", SNAPSHOT_VERSION);
        if (driver && !streq(driver, of))
                return error_set(e, ERROR_CONFLICT, -EBUSY,
                                "the snapshot is of the driver '%.32s', this adapter has '%.32s': the same "
                                "words may "
                                "mean other things (force to restore it all the same)",
                                of, driver);
        return 0;
}

static json_object *parse(const char *text) {
        json_tokener *tokener = json_tokener_new_ex(DEPTH_MAX);
        size_t length = strlen(text);
        json_object *o = NULL;

        if (!tokener || length > SNAPSHOT_MAX)
                goto done;
        json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
        o = json_tokener_parse_ex(tokener, text, (int) length + 1);
        if (json_tokener_get_error(tokener) != json_tokener_success ||
                        !json_object_is_type(o, json_type_object)) {
                json_object_put(o);
                o = NULL;
        }
done:
        if (tokener)
                json_tokener_free(tokener);
        return o;
}

int snapshot_from_json(const char *text, const char *driver, PrimePlan **ret, bool *ret_complete, Error *e) {
        _cleanup_(prime_plan_freep) PrimePlan *read = prime_plan_new(), *plan = prime_plan_new();
        json_object *o, *settings = NULL, *complete = NULL;
        int r;

        if (!read || !plan)
                return error_errno(e, -ENOMEM, "snapshot");
        o = parse(text);
        if (!o)
                return error_set(e, ERROR_INVALID_ARGUMENT, -EINVAL, "the snapshot is no JSON object");
        r = check_head(o, driver, e);
        if (r >= 0 &&
                        (!json_object_object_get_ex(o, "settings", &settings) ||
                                        !json_object_is_type(settings, json_type_array)))
                r = error_set(e, ERROR_INVALID_ARGUMENT, -EINVAL, "the snapshot has no settings");
        if (r >= 0)
                r = read_settings(settings, read, e);
        *ret_complete = json_object_object_get_ex(o, "complete", &complete) &&
                        json_object_get_boolean(complete);
        json_object_put(o);
        if (r >= 0 && sort_by_item(read, plan) < 0)
                r = error_errno(e, -ENOMEM, "snapshot");
        if (r >= 0)
                *ret = TAKE_PTR(plan);
        return r;
}
