/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <linux/ethtool.h>
#include <sys/mman.h>
#include <unistd.h>

#include "alloc-util.h"
#include "driver-stats-reader.h"
#include "ethtool-ioctl.h"

/* mlx5 with 128 channels has some 13 000. */
#define COUNTED_MAX 32768

/* Where the statistics of an adapter are is kept; of two with the same remainder, of the last one asked. */
#define KEPT_MAX 1024

typedef struct KeptStats {
        int ifindex;
        DriverStats stats;
} KeptStats;

/* Of an answer. The kernel writes as much as the driver has, whatever was asked for; so the room ends where
 * memory does, and a driver with more gets EFAULT instead of what is behind. */
typedef struct Room {
        uint8_t *map;
        size_t map_size;
        void *start;
} Room;

struct DriverStatsReader {
        int fd;
        Room names, values; /* struct ethtool_gstrings, struct ethtool_stats */
        KeptStats *kept;
};

static int room_make(Room *room, size_t size) {
        size_t page = (size_t) sysconf(_SC_PAGESIZE), whole = (size + page - 1) / page * page;
        void *map = mmap(NULL, whole + page, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

        if (map == MAP_FAILED)
                return -errno;
        *room = (Room){ .map = map, .map_size = whole + page, .start = (uint8_t *) map + whole - size };
        return mprotect((uint8_t *) map + whole, page, PROT_NONE) < 0 ? -errno : 0;
}

static void room_done(Room *room) {
        if (room->map)
                (void) munmap(room->map, room->map_size);
}

/* Most drivers are looked at once; what their names took is given back. */
static void room_forget(Room *room) {
        (void) madvise(room->map, room->map_size, MADV_DONTNEED);
}

/* Finds where the statistics that matter are. */
static int find(DriverStatsReader *r, const EthtoolIoctl *i, DriverStats *ret) {
        struct ethtool_drvinfo info = { .cmd = ETHTOOL_GDRVINFO };
        struct ethtool_gstrings *names = r->names.start;
        int k = ethtool_ioctl(i, &info);

        if (k < 0)
                return k;
        info.driver[sizeof(info.driver) - 1] = '\0';
        if (!driver_stats_knows(info.driver) || info.n_stats == 0 || info.n_stats > COUNTED_MAX)
                return -EOPNOTSUPP;
        *names = (struct ethtool_gstrings){
                .cmd = ETHTOOL_GSTRINGS,
                .string_set = ETH_SS_STATS,
                .len = info.n_stats,
        };
        k = ethtool_ioctl(i, names);
        if (k >= 0)
                driver_stats_find(info.driver, (const char *) names->data,
                                MIN(names->len, (uint32_t) COUNTED_MAX), ret);
        room_forget(&r->names);
        return k < 0 ? k : ret->n == 0 ? -EOPNOTSUPP : 0;
}

int driver_stats_reader_ask(DriverStatsReader *r, int ifindex, EthtoolStats *ret) {
        KeptStats *kept = r->kept + (size_t) ifindex % KEPT_MAX;
        struct ethtool_stats *values = r->values.start;
        EthtoolIoctl i;
        int k = ethtool_ioctl_for(r->fd, ifindex, &i);

        if (k < 0)
                return k;
        if (kept->ifindex != ifindex || kept->stats.n == 0)
                k = find(r, &i, &kept->stats);
        kept->ifindex = k < 0 ? 0 : ifindex;
        if (k < 0)
                return k;
        *values = (struct ethtool_stats){ .cmd = ETHTOOL_GSTATS, .n_stats = kept->stats.n_counted };
        k = ethtool_ioctl(&i, values);
        if (k < 0)
                return k;
        if (values->n_stats != kept->stats.n_counted) {
                /* It has other queues than it had: found anew the next time. */
                kept->ifindex = 0;
                return -EAGAIN;
        }
        return driver_stats_sum(&kept->stats, (const uint64_t *) values->data, ret);
}

int driver_stats_reader_new(DriverStatsReader **ret, Error *e) {
        _cleanup_(driver_stats_reader_freep) DriverStatsReader *r = new0(DriverStatsReader, 1);
        int k;

        if (!r)
                return error_errno(e, -ENOMEM, "statistics of drivers");
        r->fd = ethtool_ioctl_open();
        r->kept = new0(KeptStats, KEPT_MAX);
        k = r->fd < 0 ? r->fd : r->kept ? 0 : -ENOMEM;
        if (k >= 0)
                k = room_make(&r->names, sizeof(struct ethtool_gstrings) + COUNTED_MAX * ETH_GSTRING_LEN);
        if (k >= 0)
                k = room_make(&r->values, sizeof(struct ethtool_stats) + COUNTED_MAX * sizeof(uint64_t));
        if (k < 0)
                return error_errno(e, k, "statistics of drivers");
        *ret = TAKE_PTR(r);
        return 0;
}

DriverStatsReader *driver_stats_reader_free(DriverStatsReader *r) {
        if (!r)
                return NULL;
        room_done(&r->names);
        room_done(&r->values);
        free(r->kept);
        if (r->fd >= 0)
                close(r->fd);
        free(r);
        return NULL;
}
