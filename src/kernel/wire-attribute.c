/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <limits.h>

#include "irq-moderation.h"
#include "wire-attribute.h"

/* include/uapi/linux/ethtool_netlink.h of Linux 6.10: ETHTOOL_A_PROFILE_IRQ_MODERATION, and in it the fields
 * ETHTOOL_A_IRQ_MODERATION_*, a u32 each */
#define MODERATION_STEP 1
static const int moderation_fields[_IRQ_MODERATION_FIELD_MAX] = {
        [IRQ_MODERATION_USEC] = 1,
        [IRQ_MODERATION_PKTS] = 2,
        [IRQ_MODERATION_COMPS] = 3,
};

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

static int parse_step(struct nlattr *step, uint32_t fields[static _IRQ_MODERATION_FIELD_MAX]) {
        if (!wire_list_is_whole(nla_data(step), (size_t) nla_len(step)))
                return -EBADMSG;
        for (size_t i = 0; i < _IRQ_MODERATION_FIELD_MAX; i++) {
                struct nlattr *attr = nla_find(nla_data(step), nla_len(step), moderation_fields[i]);

                if (attr && nla_len(attr) < 4)
                        return -EBADMSG;
                fields[i] = attr ? nla_get_u32(attr) : IRQ_MODERATION_NONE;
        }
        return 0;
}

static int parse_moderation(struct nlattr *profile, AdapterValue *ret) {
        IrqModeration m = {};
        struct nlattr *step;
        int rest, r;

        if (!wire_list_is_whole(nla_data(profile), (size_t) nla_len(profile)))
                return -EBADMSG;
        nla_for_each_nested(step, profile, rest) {
                if (nla_type(step) != MODERATION_STEP)
                        continue;
                if (m.n_steps == IRQ_MODERATION_STEPS_MAX)
                        return -E2BIG;
                r = parse_step(step, m.step[m.n_steps++]);
                if (r < 0)
                        return r;
        }
        *ret = m.n_steps > 0 ? irq_moderation_value(&m) : (AdapterValue){};
        return 0;
}

static int put_moderation(struct nl_msg *m, int id, const AdapterValue *v) {
        struct nlattr *profile, *step;
        IrqModeration moderation;

        if (!irq_moderation_parse(v, &moderation))
                return -ERANGE;
        profile = nla_nest_start(m, id | NLA_F_NESTED);
        if (!profile)
                return -EMSGSIZE;
        for (size_t i = 0; i < moderation.n_steps; i++) {
                step = nla_nest_start(m, MODERATION_STEP | NLA_F_NESTED);
                if (!step)
                        return -EMSGSIZE;
                for (size_t k = 0; k < _IRQ_MODERATION_FIELD_MAX; k++)
                        if (moderation.step[i][k] != IRQ_MODERATION_NONE &&
                                        nla_put_u32(m, moderation_fields[k], moderation.step[i][k]) < 0)
                                return -EMSGSIZE;
                nla_nest_end(m, step);
        }
        nla_nest_end(m, profile);
        return 0;
}

static int parse_number(const WireAttribute *row, struct nlattr *attr, AdapterValue *ret) {
        uint64_t n;

        if (nla_len(attr) < (row->type == WIRE_U8 ? 1 : 4))
                return -EBADMSG;
        n = row->type == WIRE_U8 ? nla_get_u8(attr) : nla_get_u32(attr);
        if ((n == 0 && row->zero_is_unset) ||
                        (n == (row->type == WIRE_U8 ? UINT8_MAX : UINT32_MAX) && row->ones_is_unset))
                return 0;
        *ret = adapter_value_number(n);
        return 0;
}

static int put_number(struct nl_msg *m, const WireAttribute *row, uint64_t n) {
        int r;

        if (n > (row->type == WIRE_U8 ? UINT8_MAX : UINT32_MAX))
                return -ERANGE;
        r = row->type == WIRE_U8 ? nla_put_u8(m, row->id, (uint8_t) n) : nla_put_u32(m, row->id, (uint32_t) n);
        return r < 0 ? -EMSGSIZE : 0;
}

int wire_attributes_parse(const WireAttribute *rows, size_t n_rows, const void *attributes, size_t size,
                AdapterProfile *p) {
        struct nlattr *attr;
        int rest;

        if (!wire_list_is_whole(attributes, size))
                return -EBADMSG;
        nla_for_each_attr(attr, (struct nlattr *) attributes, (int) size, rest) {
                const WireAttribute *row = row_by_id(rows, n_rows, nla_type(attr));
                int r;

                if (!row)
                        continue;
                r = row->type == WIRE_MODERATION ? parse_moderation(attr, &p->value[row->attribute])
                                                 : parse_number(row, attr, &p->value[row->attribute]);
                if (r < 0)
                        return r;
        }
        return 0;
}

int wire_attribute_put(
                struct nl_msg *m, const WireAttribute *rows, size_t n_rows, const AdapterChange *change) {
        for (size_t i = 0; i < n_rows; i++)
                if (rows[i].attribute == change->attribute)
                        return rows[i].type == WIRE_MODERATION ? put_moderation(m, rows[i].id, &change->value)
                                                               : put_number(m, &rows[i], change->value.word[0]);
        return -EOPNOTSUPP;
}
