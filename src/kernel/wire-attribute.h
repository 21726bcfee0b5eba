/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A netlink attribute that carries one setting of an adapter, and the two directions of it. Codecs are const
 * tables of these rows. */

#include <netlink/attr.h>
#include <netlink/msg.h>

#include "adapter-profile.h"

typedef enum WireType {
        WIRE_U8,
        WIRE_U32,
        WIRE_MODERATION, /* a profile of interrupt moderation, core/irq-moderation.h */
} WireType;

typedef struct WireAttribute {
        uint16_t id; /* the netlink attribute's type */
        WireType type;
        AdapterAttribute attribute;
        bool zero_is_unset; /* the kernel says 0 where it does not know */
        bool ones_is_unset; /* as above, all ones */
} WireAttribute;

/* Takes what the rows name out of a list of attributes; others are skipped. -EBADMSG for an attribute that is
 * too short or a list that ends amid one, -E2BIG for a profile with more steps than are held; what was read
 * until then stays. */
int wire_attributes_parse(const WireAttribute *rows, size_t n_rows, const void *attributes, size_t size,
                AdapterProfile *p);

/* Appends the change. -EOPNOTSUPP when no row names it, -ERANGE when the value does not fit, -EMSGSIZE. */
int wire_attribute_put(struct nl_msg *m, const WireAttribute *rows, size_t n_rows, const AdapterChange *change);

/* Whether attributes follow one another up to exactly size, ignoring padding at the end. */
bool wire_list_is_whole(const void *attributes, size_t size);
