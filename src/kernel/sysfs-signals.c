/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <math.h>

#include "alloc-util.h"
#include "sysfs-signals.h"

/* One reading of an adapter. */
typedef struct Reading {
        usec_t at;
        bool carrier;
        HealthSample *samples;
        size_t n, size;
} Reading;

typedef struct SysfsRow {
        usec_t interval;
        int (*init)(SysfsSignals *s);
        void (*done)(SysfsSignals *s);
        void (*read)(SysfsSignals *s, Reading *r); /* once in an interval */
        void (*tick)(SysfsSignals *s, Reading *r); /* at every call, before read; NULL: nothing to do */
} SysfsRow;

static HealthSample *reading_add(Reading *r, Signal signal) {
        static HealthSample none;
        HealthSample *sample = r->n < r->size ? r->samples + r->n++ : &none;

        *sample = (HealthSample){ .signal = signal, .at = r->at };
        return sample;
}

static int queues_init(SysfsSignals *s) {
        int r;

        s->queues = new0(QueueLimits, 1);
        if (!s->queues)
                return -ENOMEM;
        r = queue_limits_init(s->queues, s->link_fd, &s->shared->queue_budget);
        if (r < 0) {
                free(s->queues);
                s->queues = NULL;
        }
        return r;
}

static void queues_done(SysfsSignals *s) {
        queue_limits_done(s->queues);
        free(s->queues);
        s->queues = NULL;
}

static void queues_read(SysfsSignals *s, Reading *r) {
        uint64_t count;
        int suspect;

        s->suspect = false;
        if (!r->carrier) {
                queue_limits_reset(s->queues);
                return;
        }
        suspect = queue_limits_look(s->queues, r->at);
        if (suspect < 0)
                return;
        s->suspect = suspect > 0;
        if (queue_limits_count(s->queues, &count) >= 0)
                reading_add(r, SIGNAL_TX_STALL)->count = count;
}

static int errors_init(SysfsSignals *s) {
        return pcie_errors_init(&s->errors, s->link_fd, &s->shared->fd_budget);
}

static void errors_done(SysfsSignals *s) {
        pcie_errors_done(&s->errors);
}

static void errors_read(SysfsSignals *s, Reading *r) {
        static const Signal signals[_PCIE_ERROR_KIND_MAX] = {
                [PCIE_CORRECTABLE] = SIGNAL_PCIE_CORRECTABLE,
                [PCIE_NONFATAL] = SIGNAL_PCIE_NONFATAL,
                [PCIE_FATAL] = SIGNAL_PCIE_FATAL,
        };
        uint64_t count;

        for (PcieErrorKind k = 0; k < _PCIE_ERROR_KIND_MAX; k++)
                if (pcie_errors_read(&s->errors, k, &count) >= 0)
                        reading_add(r, signals[k])->count = count;
}

static int temperature_init(SysfsSignals *s) {
        return hwmon_init(&s->hwmon, s->link_fd, s->shared->errands, &s->shared->fd_budget);
}

static void temperature_done(SysfsSignals *s) {
        hwmon_done(&s->hwmon);
}

static void temperature_ask(SysfsSignals *s, Reading *r) {
        hwmon_ask(&s->hwmon);
}

static void temperature_take(SysfsSignals *s, Reading *r) {
        HealthSample *sample;
        double level;

        if (!hwmon_take(&s->hwmon, &level))
                return;
        sample = reading_add(r, SIGNAL_ADAPTER_TEMPERATURE);
        sample->level = level;
        sample->limits = &s->hwmon.limits;
}

static int link_init(SysfsSignals *s) {
        return pcie_link_init(&s->link, s->link_fd, s->shared->errands, &s->shared->fd_budget);
}

static void link_done(SysfsSignals *s) {
        pcie_link_done(&s->link);
}

static void link_ask(SysfsSignals *s, Reading *r) {
        pcie_link_ask(&s->link);
}

static void link_take(SysfsSignals *s, Reading *r) {
        PcieLinkState state;

        if (!pcie_link_take(&s->link, &state))
                return;
        if (!isnan(state.width))
                reading_add(r, SIGNAL_PCIE_LINK_WIDTH)->level = state.width;
        if (!isnan(state.speed))
                reading_add(r, SIGNAL_PCIE_LINK_SPEED)->level = state.speed;
}

static const SysfsRow rows[_SYSFS_KIND_MAX] = {
        [SYSFS_QUEUE_LIMITS] = { 200 * USEC_PER_MSEC, queues_init, queues_done, queues_read, NULL },
        [SYSFS_PCIE_ERRORS] = { 5 * USEC_PER_SEC, errors_init, errors_done, errors_read, NULL },
        [SYSFS_HWMON] = { 10 * USEC_PER_SEC, temperature_init, temperature_done, temperature_ask,
                        temperature_take },
        [SYSFS_PCIE_LINK] = { 30 * USEC_PER_SEC, link_init, link_done, link_ask, link_take },
};

void sysfs_signals_init(SysfsSignals *s, SysfsShared *shared, int link_fd) {
        *s = (SysfsSignals){ .shared = shared, .link_fd = link_fd };
}

void sysfs_signals_done(SysfsSignals *s) {
        for (SysfsKind k = 0; k < _SYSFS_KIND_MAX; k++) {
                if (s->offered[k])
                        rows[k].done(s);
                s->offered[k] = false;
        }
        s->suspect = false;
}

bool sysfs_signals_is_suspect(const SysfsSignals *s) {
        return s->suspect;
}

void sysfs_signals_check(SysfsSignals *s, const QueueGiven *given, usec_t at) {
        if (s->suspect)
                queue_limits_check(s->queues, given, at);
}

size_t sysfs_signals_sample(SysfsSignals *s, usec_t at, bool carrier, HealthSample *samples, size_t size) {
        Reading r = { .at = at, .carrier = carrier, .samples = samples, .size = size };

        for (SysfsKind k = 0; k < _SYSFS_KIND_MAX; k++) {
                if (!s->probed)
                        s->offered[k] = rows[k].init(s) >= 0;
                if (!s->offered[k])
                        continue;
                if (rows[k].tick)
                        rows[k].tick(s, &r);
                if (at < s->due[k])
                        continue;
                rows[k].read(s, &r);
                s->due[k] = usec_add(at, rows[k].interval);
        }
        s->probed = true;
        return r.n;
}

int sysfs_shared_init(SysfsShared *s, Error *e) {
        int r;

        *s = (SysfsShared){ .fd_budget = SYSFS_FDS_MAX, .queue_budget = QUEUE_FILES_FDS_MAX };
        r = errands_new(&s->errands);
        return r < 0 ? error_errno(e, r, "health in sysfs") : 0;
}

void sysfs_shared_done(SysfsShared *s) {
        s->errands = errands_free(s->errands);
}
