/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "adapter-tunable.h"
#include "ethtool-ioctl-codec.h"

/* struct ethtool_tunable with room for its value, which is in the machine's byte order. */
typedef struct TunableRequest {
        struct ethtool_tunable head;
        union {
                uint8_t u8;
                uint16_t u16;
                uint32_t u32;
        };
} TunableRequest;

static TunableRequest request_of(const EthtoolTunable *t, bool set) {
        TunableRequest q = { .head = { .id = t->id, .type_id = t->type, .len = t->size } };

        if (t->attribute == ATTRIBUTE_PHY_TUNABLE)
                q.head.cmd = set ? ETHTOOL_PHY_STUNABLE : ETHTOOL_PHY_GTUNABLE;
        else
                q.head.cmd = set ? ETHTOOL_STUNABLE : ETHTOOL_GTUNABLE;
        return q;
}

void adapter_tunable_read(AdapterSockets *s, AdapterProfile *p) {
        EthtoolIoctl i = adapter_ioctl(s, p->name);
        const EthtoolTunable *t;

        for (size_t k = 0; (t = ethtool_ioctl_tunable(k)); k++) {
                TunableRequest q = request_of(t, false);
                AdapterValue *v;

                if (ethtool_ioctl(&i, &q) < 0)
                        continue;
                v = adapter_profile_add(p, t->attribute, 0, t->name);
                if (v)
                        *v = adapter_value_number(t->size == 1 ? q.u8 : t->size == 2 ? q.u16 : q.u32);
        }
}

int adapter_tunable_write(AdapterSockets *s, const char *name, const AdapterChange *change, Error *e) {
        EthtoolIoctl i = adapter_ioctl(s, name);
        uint64_t n = change->value.word[0];
        const EthtoolTunable *t;
        TunableRequest q;
        int r;

        for (size_t k = 0; (t = ethtool_ioctl_tunable(k)); k++)
                if (t->attribute == change->attribute && streq(t->name, change->name))
                        break;
        if (!t)
                return error_errno(e, -EOPNOTSUPP, "%s", change->name);
        if (n >> (8 * t->size) != 0)
                return error_errno(e, -ERANGE, "%s", change->name);
        q = request_of(t, true);
        if (t->size == 1)
                q.u8 = (uint8_t) n;
        else if (t->size == 2)
                q.u16 = (uint16_t) n;
        else
                q.u32 = (uint32_t) n;
        r = ethtool_ioctl(&i, &q);
        return r < 0 ? error_errno(e, r, "%s", change->name) : 0;
}
