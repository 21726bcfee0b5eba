/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "time-util.h"

typedef struct TimeUnit {
        const char *name;
        usec_t usec;
} TimeUnit;

static const TimeUnit units[] = {
        { "us", 1 },
        { "usec", 1 },
        { "ms", USEC_PER_MSEC },
        { "msec", USEC_PER_MSEC },
        { "s", USEC_PER_SEC },
        { "sec", USEC_PER_SEC },
        { "second", USEC_PER_SEC },
        { "seconds", USEC_PER_SEC },
        { "min", USEC_PER_MINUTE },
        { "m", USEC_PER_MINUTE },
        { "minute", USEC_PER_MINUTE },
        { "minutes", USEC_PER_MINUTE },
        { "h", USEC_PER_HOUR },
        { "hr", USEC_PER_HOUR },
        { "hour", USEC_PER_HOUR },
        { "hours", USEC_PER_HOUR },
        { "d", USEC_PER_DAY },
        { "day", USEC_PER_DAY },
        { "days", USEC_PER_DAY },
        { "w", 7 * USEC_PER_DAY },
        { "week", 7 * USEC_PER_DAY },
        { "weeks", 7 * USEC_PER_DAY },
};

static const TimeUnit *unit_find(const char *s, size_t length) {
        for (size_t i = 0; i < ELEMENTSOF(units); i++)
                if (strlen(units[i].name) == length && strncmp(units[i].name, s, length) == 0)
                        return units + i;
        return NULL;
}

static const char *skip_blanks(const char *p) {
        while (*p == ' ' || *p == '\t')
                p++;
        return p;
}

int timespan_parse(const char *s, usec_t *ret) {
        usec_t total = 0;
        const char *p = skip_blanks(s);

        if (!*p)
                return -EINVAL;
        while (*p) {
                const TimeUnit *unit;
                size_t length = 0;
                double value, usec;
                char *end;

                if (!isdigit((unsigned char) *p) && *p != '.')
                        return -EINVAL;
                value = strtod(p, &end);
                if (end == p)
                        return -EINVAL;
                p = skip_blanks(end);
                while (isalpha((unsigned char) p[length]))
                        length++;
                if (length == 0)
                        return *p ? -EINVAL : -ENOMSG;
                unit = unit_find(p, length);
                if (!unit)
                        return -EINVAL;
                usec = value * (double) unit->usec;
                if (usec >= 1.8e19)
                        return -ERANGE;
                total = usec_add(total, (usec_t) (usec + 0.5));
                if (total == USEC_INFINITY)
                        return -ERANGE;
                p = skip_blanks(p + length);
        }
        *ret = total;
        return 0;
}

static const TimeUnit shown[] = {
        { "w", 7 * USEC_PER_DAY },
        { "d", USEC_PER_DAY },
        { "h", USEC_PER_HOUR },
        { "min", USEC_PER_MINUTE },
        { "s", USEC_PER_SEC },
        { "ms", USEC_PER_MSEC },
        { "us", 1 },
};

const char *timespan_format(char buffer[static FORMAT_TIMESPAN_MAX], usec_t t) {
        size_t used = 0, n_units = 0;

        if (t == USEC_INFINITY)
                return strcpy(buffer, "infinity");
        if (t == 0)
                return strcpy(buffer, "0s");
        for (size_t i = 0; i < ELEMENTSOF(shown) && t > 0 && n_units < 2; i++) {
                if (t < shown[i].usec)
                        continue;
                /* below a minute one unit with three digits reads better than two units */
                if (shown[i].usec <= USEC_PER_SEC) {
                        if (n_units == 0)
                                snprintf(buffer, FORMAT_TIMESPAN_MAX, "%.4g%s",
                                                (double) t / (double) shown[i].usec, shown[i].name);
                        else
                                snprintf(buffer + used, FORMAT_TIMESPAN_MAX - used, " %" PRIu64 "%s",
                                                t / shown[i].usec, shown[i].name);
                        return buffer;
                }
                used += (size_t) snprintf(buffer + used, FORMAT_TIMESPAN_MAX - used, "%s%" PRIu64 "%s",
                                n_units > 0 ? " " : "", t / shown[i].usec, shown[i].name);
                t %= shown[i].usec;
                n_units++;
        }
        return buffer;
}
