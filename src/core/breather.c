/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "breather.h"

usec_t breather_until(Breather *b, usec_t taken, usec_t now) {
        usec_t paid = usec_add(MAX(b->paid_until, b->at), BREATHER_SHARE * usec_sub(taken, b->taken));

        *b = (Breather){ .at = now, .taken = taken, .paid_until = MIN(paid, usec_add(now, BREATHER_MAX)) };
        return b->paid_until;
}
