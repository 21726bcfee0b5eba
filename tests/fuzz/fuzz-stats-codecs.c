/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the kernel says of an adapter's health, as any bytes: "<kind>\n", then the attributes of a message of
 * ethtool or netdev, the whole of one of devlink, or the names of a driver's statistics. */

#include <linux/ethtool.h>
#include <stdlib.h>

#include "devlink-health-codec.h"
#include "driver-stats.h"
#include "ethtool-stats-codec.h"
#include "fuzz.h"
#include "queue-stats-codec.h"

/* whom the messages of netdev in the corpus are about */
#define IFINDEX 5

static const char *const kinds[_STATS_KIND_MAX] = {
        [STATS_LINK_STATE] = "link-state",
        [STATS_FEC] = "fec",
        [STATS_STANDARD] = "standard",
        [STATS_PAUSE] = "pause",
        [STATS_LINK_MODE] = "link-mode",
        [STATS_QUEUES] = "queues",
};

/* Whatever the names are, only places that there are count. */
static void find_driver_stats(const uint8_t *names, size_t size) {
        static const char *const drivers[] = { "ena", "bnxt_en", "mlx5_core", "nobody" };
        uint32_t n = (uint32_t) (MIN(size, (size_t) 65536) / ETH_GSTRING_LEN);
        uint64_t *values = calloc(n + 1, sizeof(*values));

        if (!values)
                abort();
        for (size_t i = 0; i < ELEMENTSOF(drivers); i++) {
                EthtoolStats s;
                DriverStats d;

                driver_stats_find(drivers[i], (const char *) names, n, &d);
                if (d.n > DRIVER_STATS_MAX || driver_stats_sum(&d, values, &s) > (int) d.n)
                        abort();
        }
        free(values);
}

static void parse(const char *name, const uint8_t *message, size_t size) {
        for (StatsKind kind = 0; kind < _STATS_KIND_MAX; kind++) {
                EthtoolStats s = {};
                int n, set = 0;

                if (!kinds[kind] || !streq(name, kinds[kind]))
                        continue;
                n = kind == STATS_QUEUES ? queue_stats_parse(message, size, IFINDEX, &s)
                                         : ethtool_stats_parse(kind, message, size, &s);
                for (StatsValue i = 0; i < _STATS_VALUE_MAX; i++)
                        set += s.set[i];
                /* a value may come twice, and none comes with an error */
                if (n < 0 ? set > 0 : set > n)
                        abort();
        }
        if (streq(name, "driver"))
                find_driver_stats(message, size);
        if (streq(name, "devlink")) {
                DevlinkReporter r;

                if (devlink_health_parse(message, size, &r) >= 0 &&
                                (!r.bus[0] || !r.device[0] || !r.name[0] || !memchr(r.bus, 0, sizeof(r.bus)) ||
                                                !memchr(r.device, 0, sizeof(r.device)) ||
                                                !memchr(r.name, 0, sizeof(r.name))))
                        abort();
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        const uint8_t *end = memchr(data, '\n', size);
        char name[16];
        uint8_t *message;

        if (!end || (size_t) (end - data) >= sizeof(name))
                return 0;
        memcpy(name, data, (size_t) (end - data));
        name[end - data] = 0;
        size -= (size_t) (end + 1 - data);
        message = malloc(size + 1); /* aligned, as from a socket */
        if (!message)
                abort();
        memcpy(message, end + 1, size);
        parse(name, message, size);
        free(message);
        return 0;
}
