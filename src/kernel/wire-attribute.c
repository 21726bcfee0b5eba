/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <limits.h>

#include "wire-attribute.h"

static const WireAttribute *row_by_id(const WireAttribute *rows, size_t n, int id) {
        for (size_t i = 0; i < n; i++)
                if (rows[i].id == id)
                        return &rows[i];
        return NULL;
}

bool wire_list_is_whole(const void *attributes, size_t size) {
        const struct nlattr *attr;
        int rest;

        if (size > INT_MAX)
                return false;
        nla_for_each_attr(attr, (struct nlattr *) attributes, (int) size, rest)
                ;
        return rest < NLA_ALIGNTO;
}

int wire_attributes_parse(const WireAttribute *rows, size_t n_rows, const void *attributes, size_t size,
                AdapterProfile *p) {
        struct nlattr *attr;
        int rest;

        if (!wire_list_is_whole(attributes, size))
                return -EBADMSG;
        nla_for_each_attr(attr, (struct nlattr *) attributes, (int) size, rest) {
                const WireAttribute *row = row_by_id(rows, n_rows, nla_type(attr));
                uint64_t n;

                if (!row)
                        continue;
                if (nla_len(attr) < (row->type == WIRE_U8 ? 1 : 4))
                        return -EBADMSG;
                n = row->type == WIRE_U8 ? nla_get_u8(attr) : nla_get_u32(attr);
                if ((n == 0 && row->zero_is_unset) ||
                                (n == (row->type == WIRE_U8 ? UINT8_MAX : UINT32_MAX) && row->ones_is_unset))
                        continue;
                p->value[row->attribute] = adapter_value_number(n);
        }
        return 0;
}

int wire_attribute_put(
                struct nl_msg *m, const WireAttribute *rows, size_t n_rows, const AdapterChange *change) {
        for (size_t i = 0; i < n_rows; i++) {
                const WireAttribute *row = &rows[i];
                int r;

                if (row->attribute != change->attribute)
                        continue;
                if (change->value.word[0] > (row->type == WIRE_U8 ? UINT8_MAX : UINT32_MAX))
                        return -ERANGE;
                r = row->type == WIRE_U8 ? nla_put_u8(m, row->id, (uint8_t) change->value.word[0])
                                         : nla_put_u32(m, row->id, (uint32_t) change->value.word[0]);
                return r < 0 ? -EMSGSIZE : 0;
        }
        return -EOPNOTSUPP;
}
