/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The temperature of an adapter from its own sensor (Documentation/hwmon/sysfs-interface.rst), with the limits
 * that the sensor gives. Drivers ask their firmware for it, so a slow reader does. Modules have thermometers of
 * their own (module-watch.h).
 *
 * Of several sensors the first one with limits is read, or the first one at all. */

#include "health-sample.h"
#include "slow-reader.h"
#include "sysfs-file.h"

#define HWMON_SENSORS_MAX 16 /* of one device are looked at */

typedef struct Hwmon {
        SysfsFile input, max, critical; /* the last two only where offered */
        SlowReader *slow;
        SignalLimits limits; /* as last read */
} Hwmon;

/* link_fd: see sysfs_link_open(), must outlive it. -ENOENT when the adapter has no such sensor. */
int hwmon_init(Hwmon *h, int link_fd, Errands *errands, size_t *budget);
void hwmon_done(Hwmon *h);

void hwmon_ask(Hwmon *h);

/* True with degrees Celsius once the sensor answered; the limits are set by then. */
bool hwmon_take(Hwmon *h, double *ret);

/* Thousandths of a degree, as hwmon gives them. -EBADMSG; -ERANGE below -100 or above 300 degrees, where no
 * adapter is. */
int hwmon_temperature_parse(const char *text, size_t size, double *ret);

/* What two numbers of a sensor mean, of which neither counts unless it is above 0. temp_max warns, temp_crit
 * alarms; with nothing but the latter, 5 degrees before it warn. */
SignalLimits hwmon_limits(double max, double critical);
