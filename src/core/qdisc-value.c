/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>
#include <stdio.h>

#include "qdisc-value.h"

const char *qdisc_value_kind(const AdapterValue *v) {
        return memchr(adapter_value_data(v), 0, v->size) ? (const char *) adapter_value_data(v) : "";
}

/* Their dump is what their change() reads (net/sched/sch_*.c of Linux 6.1 to 6.12). pfifo_fast and mq take no
 * options. */
static const char *const plain_kinds[] = {
        "bfifo",
        "codel",
        "fq",
        "fq_codel",
        "mq",
        "noqueue",
        "pfifo",
        "pfifo_fast",
        "pfifo_head_drop",
        "pie",
        "sfq",
        "tbf",
};

bool qdisc_value_is_plain(const AdapterValue *v) {
        return string_table_lookup(plain_kinds, ELEMENTSOF(plain_kinds), qdisc_value_kind(v)) >= 0;
}

/* Their classes' dump is what their change_class() reads (net/sched/sch_*.c of Linux 6.1 to 6.12). prio makes
 * its classes itself. */
static const char *const classful_kinds[] = {
        "drr",
        "hfsc",
        "htb",
        "prio",
};

bool qdisc_kind_is_classful(const char *kind) {
        return string_table_lookup(classful_kinds, ELEMENTSOF(classful_kinds), kind) >= 0;
}

bool qdisc_value_is_classful(const AdapterValue *v) {
        return qdisc_kind_is_classful(qdisc_value_kind(v));
}

const char *qdisc_value_format(char buffer[static ADAPTER_VALUE_TEXT_MAX], const AdapterValue *v) {
        const char *kind = qdisc_value_kind(v);
        size_t begin = strlen(kind) + 1;
        uint32_t hash = UINT32_C(2166136261); /* FNV-1a */

        for (size_t i = begin; i < v->size; i++)
                hash = (hash ^ adapter_value_data(v)[i]) * UINT32_C(16777619);
        if (begin < v->size)
                snprintf(buffer, ADAPTER_VALUE_TEXT_MAX, "%s %08" PRIx32, kind, hash);
        else
                snprintf(buffer, ADAPTER_VALUE_TEXT_MAX, "%s", kind);
        return buffer;
}
