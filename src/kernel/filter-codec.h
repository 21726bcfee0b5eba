/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Filters on a clsact or ingress discipline in rtnetlink's words to and from ATTRIBUTE_FILTER
 * (core/filter-value.h). No socket.
 *
 * A filter is taken only when every attribute of it and of its actions is known: as one that the kernel takes
 * as it dumps it, or as one that only reports (counters, times, whether hardware does it). Any other becomes an
 * entry of ATTRIBUTE_FILTER_OTHER, which says what it is about that cannot be replayed. */

#include <netlink/msg.h>

#include "filter-value.h"

/* The filters of one direction: the whole message, to be sent as a dump; NULL without memory. */
struct nl_msg *filter_codec_get(int ifindex, bool egress);

/* Takes the payload of an RTM_NEWTFILTER (from struct tcmsg on) into p, if it is about p->ifindex. 0, -EBADMSG
 * for what no kernel sends, -ENOMEM; any bytes are safe, in memory aligned to 4. */
int filter_codec_parse(const void *payload, size_t size, bool egress, AdapterProfile *p);

/* Takes the payload of an RTM_NEWQDISC: whether it is what filters hang on, into ATTRIBUTE_FILTER_HOOK or
 * ATTRIBUTE_FILTER_INGRESS_ONLY. Otherwise as above. */
int filter_codec_parse_hook(const void *payload, size_t size, AdapterProfile *p);

/* Adds or removes the clsact discipline. NULL without memory. */
struct nl_msg *filter_codec_set_hook(int ifindex, bool on);

/* The id of the BPF program that the filter runs, 0: none. */
uint32_t filter_codec_program(const AdapterValue *v);

/* Adds the filter. program_fd: of its program, ignored when it has none. 0 with a message in *ret, -EINVAL when
 * the value is no filter, -ENOMEM. */
int filter_codec_add(int ifindex, const FilterPlace *place, const AdapterValue *v, int program_fd,
                struct nl_msg **ret);

/* Removes all filters of the place's direction, priority and protocol. NULL without memory. */
struct nl_msg *filter_codec_remove(int ifindex, const FilterPlace *place);
