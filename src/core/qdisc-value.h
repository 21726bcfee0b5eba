/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What a value of ATTRIBUTE_QDISC means (kernel/qdisc-codec.h has the other side of it). */

#include "adapter-profile.h"

/* The discipline's kind: "fq", "htb". Within the value, "" when there is none. */
const char *qdisc_value_kind(const AdapterValue *v);

/* Whether what the kernel dumps of it is all there is to it: no classes, filters, or hardware's own tables. */
bool qdisc_value_is_plain(const AdapterValue *v);

/* Whether it gives its packets to classes, and what is dumped of these, of what queues in them and of the
 * filters that choose one is all there is (short of what ATTRIBUTE_QDISC_OTHERS counts). */
bool qdisc_value_is_classful(const AdapterValue *v);
bool qdisc_kind_is_classful(const char *kind);

/* "fq_codel", and where it has options their fingerprint: "fq_codel 6a09e667". Returns buffer. */
const char *qdisc_value_format(char buffer[static ADAPTER_VALUE_TEXT_MAX], const AdapterValue *v);
