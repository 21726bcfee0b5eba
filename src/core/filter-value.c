/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>
#include <stdio.h>

#include "filter-value.h"
#include "qdisc-value.h"

void filter_place_format(char buffer[static ADAPTER_NAME_MAX], const FilterPlace *p) {
        snprintf(buffer, ADAPTER_NAME_MAX, "%s:%" PRIu32 ":%04" PRIx32 ":%08" PRIx32,
                        p->egress ? "egress" : "ingress", p->priority & UINT16_MAX, p->protocol & UINT16_MAX,
                        p->handle);
}

bool filter_place_parse(const char *name, FilterPlace *ret) {
        FilterPlace p = {};
        char direction[8], again[ADAPTER_NAME_MAX];

        if (sscanf(name, "%7[a-z]:%" SCNu32 ":%" SCNx32 ":%" SCNx32, direction, &p.priority, &p.protocol,
                            &p.handle) != 4)
                return false;
        p.egress = streq(direction, "egress");
        filter_place_format(again, &p);
        if (!streq(again, name) || p.priority == 0)
                return false;
        *ret = p;
        return true;
}

int filter_value_options(const AdapterValue *v) {
        size_t kind = strlen(qdisc_value_kind(v));

        if (kind == 0 || kind + 1 + sizeof(int32_t) > v->size)
                return -EINVAL;
        return (int) (kind + 1 + sizeof(int32_t));
}

int filter_value_target(const AdapterValue *v) {
        int begin = filter_value_options(v);
        int32_t target = 0;

        if (begin > 0)
                memcpy(&target, adapter_value_data(v) + begin - sizeof(target), sizeof(target));
        return target;
}
