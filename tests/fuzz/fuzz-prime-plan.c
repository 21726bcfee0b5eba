/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A plan as any bytes: refused, or one that encodes to the very same. */

#include "alloc-util.h"
#include "fuzz.h"
#include "prime-plan-codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        _cleanup_(prime_plan_freep) PrimePlan *p = NULL;
        _cleanup_free_ uint8_t *again = NULL;
        size_t n = 0;

        if (prime_plan_decode(data, size, &p) < 0)
                return 0;
        if (prime_plan_encode(p, &again, &n) < 0)
                abort();
        assert(n == size && memcmp(again, data, n) == 0);
        return 0;
}
