/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>

#include "alloc-util.h"
#include "hwmon.h"
#include "sysfs-link.h"

/* What makers of modules leave between warning and alarm (73 and 78 degrees), see module-watch.c. */
#define WARN_BEFORE 5.0

#define TEMPERATURE_MIN (-100.0)
#define TEMPERATURE_MAX 300.0

int hwmon_temperature_parse(const char *text, size_t size, double *ret) {
        bool negative = size > 0 && text[0] == '-';
        uint64_t value;
        double degrees;
        int r = sysfs_number_parse(text + negative, size - negative, &value);

        if (r < 0)
                return r;
        degrees = (double) value / (negative ? -1000 : 1000);
        if (degrees < TEMPERATURE_MIN || degrees > TEMPERATURE_MAX)
                return -ERANGE;
        *ret = degrees;
        return 0;
}

SignalLimits hwmon_limits(double max, double critical) {
        SignalLimits limits = {};

        if (critical > WARN_BEFORE)
                limits = (SignalLimits){
                        .alarm = { .value = critical, .set = true },
                        .warn = { .value = critical - WARN_BEFORE, .set = true },
                };
        if (max > 0 && (!limits.alarm.set || max < limits.alarm.value))
                limits.warn = (SignalThreshold){ .value = max, .set = true };
        return limits;
}

/* The device with the lowest number, or UINT_MAX: there is none. */
static unsigned first_device(int link_fd) {
        int fd = openat(link_fd, "device/hwmon", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        DIR *directory = fd < 0 ? NULL : fdopendir(fd);
        unsigned first = UINT_MAX;
        struct dirent *entry;

        if (!directory) {
                closep(&fd);
                return UINT_MAX;
        }
        while ((entry = readdir(directory))) {
                unsigned number;
                int end = 0;

                if (sscanf(entry->d_name, "hwmon%u%n", &number, &end) == 1 && !entry->d_name[end])
                        first = MIN(first, number);
        }
        closedir(directory);
        return first;
}

static bool sensor_has(int link_fd, const char *prefix, unsigned sensor, const char *what) {
        char path[SYSFS_PATH_MAX];

        snprintf(path, sizeof(path), "%s/temp%u_%s", prefix, sensor, what);
        return faccessat(link_fd, path, R_OK, 0) >= 0;
}

/* 0: none. */
static unsigned choose_sensor(int link_fd, const char *prefix) {
        unsigned first = 0;

        for (unsigned i = 1; i <= HWMON_SENSORS_MAX; i++) {
                if (!sensor_has(link_fd, prefix, i, "input"))
                        continue;
                if (sensor_has(link_fd, prefix, i, "crit") || sensor_has(link_fd, prefix, i, "max"))
                        return i;
                first = first == 0 ? i : first;
        }
        return first;
}

static int sensor_open(SysfsFile *f, int link_fd, const char *prefix, unsigned sensor, const char *what,
                size_t *budget) {
        char name[24];

        snprintf(name, sizeof(name), "temp%u_%s", sensor, what);
        return sysfs_file_init(f, link_fd, prefix, name, budget);
}

int hwmon_init(Hwmon *h, int link_fd, Errands *errands, size_t *budget) {
        unsigned device = first_device(link_fd), sensor;
        char prefix[40];
        int r;

        *h = (Hwmon){};
        if (device == UINT_MAX)
                return -ENOENT;
        snprintf(prefix, sizeof(prefix), "device/hwmon/hwmon%u", device);
        sensor = choose_sensor(link_fd, prefix);
        if (sensor == 0)
                return -ENOENT;
        r = sensor_open(&h->input, link_fd, prefix, sensor, "input", budget);
        if (r < 0)
                return r;
        (void) sensor_open(&h->max, link_fd, prefix, sensor, "max", budget);
        (void) sensor_open(&h->critical, link_fd, prefix, sensor, "crit", budget);
        h->slow = slow_reader_new(errands);
        if (!h->slow) {
                hwmon_done(h);
                return -ENOMEM;
        }
        return 0;
}

void hwmon_done(Hwmon *h) {
        h->slow = slow_reader_free(h->slow);
        sysfs_file_done(&h->input);
        sysfs_file_done(&h->max);
        sysfs_file_done(&h->critical);
}

#define FILES 3

void hwmon_ask(Hwmon *h) {
        const int fds[FILES] = {
                sysfs_file_dup(&h->input),
                h->max.budget ? sysfs_file_dup(&h->max) : -ENOENT,
                h->critical.budget ? sysfs_file_dup(&h->critical) : -ENOENT,
        };

        (void) slow_reader_ask(h->slow, fds, ELEMENTSOF(fds));
}

/* A limit that could not be read just now is what it was. */
static bool has_answered(const SysfsFile *f, const SlowAnswer *a) {
        return !f->budget || a->size > 0;
}

/* Otherwise 0. */
static bool answer_parse(const SlowAnswer *a, double *ret) {
        *ret = 0;
        return a->size > 0 && hwmon_temperature_parse(a->text, (size_t) a->size, ret) >= 0;
}

bool hwmon_take(Hwmon *h, double *ret) {
        SlowAnswer answers[SLOW_FILES_MAX];
        double level, max, critical;

        if (slow_reader_take(h->slow, answers) != FILES)
                return false;
        (void) answer_parse(answers + 1, &max);
        (void) answer_parse(answers + 2, &critical);
        if (has_answered(&h->max, answers + 1) && has_answered(&h->critical, answers + 2))
                h->limits = hwmon_limits(max, critical);
        if (!answer_parse(answers, &level))
                return false;
        *ret = level;
        return true;
}
