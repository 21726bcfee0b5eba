/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the two halves of the codec of filters share. */

#include "filter-value.h"
#include "qdisc-codec-internal.h"

/* Where the filter is, on that adapter. */
struct tcmsg filter_header(int ifindex, const FilterPlace *p);

/* The kind of an action, "" when it has none or it is longer than any. */
void filter_action_kind(const struct nlattr *action, char kind[static QDISC_KIND_MAX]);
