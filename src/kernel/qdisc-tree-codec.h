/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What hangs on a root discipline that has classes (core/qdisc-value.h): in rtnetlink's words to and from
 * ATTRIBUTE_QDISC_CLASS, ATTRIBUTE_QDISC_LEAF and ATTRIBUTE_QDISC_FILTER. No socket.
 *
 * A class's value is its kind, NUL, the minor number of its parent (4 bytes, 0: the root), then its options; a
 * leaf's is as that of a discipline; a filter's is its kind, NUL, its options. Filters are named by priority,
 * protocol and handle in hexadecimal, "5:0800:800", which is how they are addressed. What the kernel counts or
 * finds out by itself (statistics, whether hardware does it) is not part of a value. Filters with actions, in
 * chains, or on a class, and hash tables of u32 are not replayed but counted (QdiscView.others): nothing of the
 * tree is copied then. */

#include "qdisc-codec.h"

/* Whole messages, to be sent as dumps; NULL without memory. parent: the root's handle or that of a class. */
struct nl_msg *qdisc_tree_codec_get_classes(int ifindex);
struct nl_msg *qdisc_tree_codec_get_filters(int ifindex, uint32_t parent);

/* Take the payload of an RTM_NEWTCLASS, RTM_NEWTFILTER (from struct tcmsg on) into profile and view, if it is
 * about p->ifindex and the view's root. Otherwise as qdisc_codec_parse(). */
int qdisc_tree_codec_parse_class(const void *payload, size_t size, AdapterProfile *p, QdiscView *view);
int qdisc_tree_codec_parse_filter(const void *payload, size_t size, AdapterProfile *p, QdiscView *view);

/* The minor number of the parent of a class, by its value; 0: the root, or the value is no class. */
uint32_t qdisc_tree_parent(const AdapterValue *v);

/* What the change says, below the view's root: makes it, or takes it away where its value is absent; of a
 * filter all of the same priority and protocol are taken away. 0 with a message in *ret; -ENOMEM, -EINVAL when
 * there is no such place or name or the value is none. */
int qdisc_tree_codec_set(int ifindex, const QdiscView *view, const AdapterChange *change, struct nl_msg **ret);
