/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "breather.h"

usec_t breather_until(Breather *b, usec_t before, usec_t after, usec_t now) {
        usec_t all = usec_sub(after, b->taken), own = (1 + BREATHER_AROUND) * usec_sub(after, before);
        usec_t paid = usec_add(MAX(b->paid_until, b->at), BREATHER_SHARE * MIN(all, own));

        *b = (Breather){ .at = now, .taken = after, .paid_until = MIN(paid, usec_add(now, BREATHER_MAX)) };
        return b->paid_until;
}
