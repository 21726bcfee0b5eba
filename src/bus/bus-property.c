/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bus-property.h"

BUS_GETTER(bus_get_string) {
        return sd_bus_message_append(reply, "s", (const char *) userdata);
}

BUS_GETTER(bus_get_bool) {
        return sd_bus_message_append(reply, "b", (int) *(const bool *) userdata);
}

BUS_GETTER(bus_get_u64) {
        return sd_bus_message_append(reply, "t", *(const uint64_t *) userdata);
}

BUS_GETTER(bus_get_count) {
        return sd_bus_message_append(
                        reply, "u", (uint32_t) MIN(*(const uint64_t *) userdata, (uint64_t) UINT32_MAX));
}

static bool field_changed(const BusField *f, const void *a, const void *b) {
        const char *x = (const char *) a + f->offset, *y = (const char *) b + f->offset;

        if (f->equal)
                return !f->equal(a, b);
        return f->string ? !streq(x, y) : memcmp(x, y, f->size) != 0;
}

size_t bus_fields_changed(const BusField *fields, size_t n, const void *a, const void *b, const char *names[]) {
        size_t n_names = 0;

        assert(n <= BUS_FIELDS_MAX);
        for (size_t i = 0; i < n; i++) {
                bool known = false;

                for (size_t j = 0; j < n_names; j++)
                        known = known || streq(names[j], fields[i].property);
                if (!known && field_changed(&fields[i], a, b))
                        names[n_names++] = fields[i].property;
        }
        names[n_names] = NULL;
        return n_names;
}
