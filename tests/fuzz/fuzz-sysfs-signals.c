/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What files of sysfs may say, and dumps of disciplines: whatever is understood is within its bounds. */

#include <math.h>
#include <stdlib.h>

#include "fuzz.h"
#include "hwmon.h"
#include "pcie-errors.h"
#include "pcie-link.h"
#include "queue-given-codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        const char *text = (const char *) data;
        QueueGiven given = { .ifindex = 1 };
        uint64_t value;
        double degrees;

        (void) pcie_errors_parse(text, size, &value);
        if (pcie_width_parse(text, size, &value) >= 0 && (value == 0 || value > 32))
                abort();
        if (pcie_speed_parse(text, size, &value) >= 0 && (value == 0 || value > 649))
                abort();
        if (hwmon_temperature_parse(text, size, &degrees) >= 0 && !(fabs(degrees) <= 300))
                abort();
        (void) queue_given_take(&given, data, size);
        for (size_t i = 0; i < QUEUE_GIVEN_QUEUES_MAX; i++)
                if (queue_given_get(&given, i, &value) && !given.root_known)
                        abort();
        return 0;
}
