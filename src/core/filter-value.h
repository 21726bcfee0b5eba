/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What an entry of ATTRIBUTE_FILTER means, which is a filter on an adapter's clsact or ingress discipline
 * (kernel/filter-codec.h has the other side of it). Its value is the kind, NUL, the interface index of the
 * device that its actions send frames to (4 bytes, 0: none), then the kernel's options as it takes them. */

#include "adapter-profile.h"

/* Which filter is meant, as the kernel has it. */
typedef struct FilterPlace {
        bool egress;
        uint32_t priority; /* tc(8)'s pref, 1 to 65535 */
        uint32_t protocol; /* an Ethernet type, in host order; ETH_P_ALL for any */
        uint32_t handle;
} FilterPlace;

/* "ingress:5:0800:00000001", the numbers but for the priority in hexadecimal. The names of one priority are in
 * the order of their handles. */
void filter_place_format(char buffer[static ADAPTER_NAME_MAX], const FilterPlace *p);

/* The inverse; false when the name is none. */
bool filter_place_parse(const char *name, FilterPlace *ret);

/* The interface index of the device that the filter's actions send frames to, 0: none. */
int filter_value_target(const AdapterValue *v);

/* Where the kernel's options begin in the value; -EINVAL when it is no filter. */
int filter_value_options(const AdapterValue *v);
