/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "laser-record.h"

#define HEAD "primed-lasers 1"

/* Milliamperes that no laser of a module takes. */
#define BIAS_MAX 1000

bool laser_record_take(LaserRecord *r, const ModuleWatch *w) {
        bool any = false;

        *r = (LaserRecord){ .n_lanes = w->now.n_lanes };
        memcpy(r->vendor, w->now.vendor, sizeof(r->vendor));
        memcpy(r->part_number, w->now.part_number, sizeof(r->part_number));
        memcpy(r->serial, w->now.serial, sizeof(r->serial));
        for (unsigned lane = 0; lane < r->n_lanes; lane++)
                if (laser_age_is_known(w->laser + lane)) {
                        r->lane[lane].bias = w->laser[lane].bias;
                        r->lane[lane].temperature = w->laser[lane].temperature;
                        any = true;
                }
        return any && r->serial[0] != '\0';
}

bool laser_record_give(const LaserRecord *r, ModuleWatch *w) {
        if (!streq(r->vendor, w->now.vendor) || !streq(r->part_number, w->now.part_number) ||
                        !streq(r->serial, w->now.serial))
                return false;
        for (unsigned lane = 0; lane < r->n_lanes; lane++)
                if (r->lane[lane].bias > 0)
                        w->laser[lane] = laser_age_since(r->lane[lane].bias, r->lane[lane].temperature);
        return true;
}

void laser_record_format(const LaserRecord *r, char text[static LASER_RECORD_SIZE_MAX]) {
        int n = snprintf(text, LASER_RECORD_SIZE_MAX, HEAD "\nvendor %s\npart %s\nserial %s\n", r->vendor,
                        r->part_number, r->serial);

        for (unsigned lane = 0; lane < r->n_lanes; lane++)
                n += snprintf(text + n, LASER_RECORD_SIZE_MAX - (size_t) n, "lane %.4f %.2f\n",
                                r->lane[lane].bias, r->lane[lane].temperature);
}

/* The next line, which must begin with the word; what follows it. NULL: it does not. */
static const char *take_line(char **text, const char *word) {
        size_t n = strlen(word), length = strcspn(*text, "\n");
        char *line = *text;

        if (line[length] != '\n' || strncmp(line, word, n) != 0)
                return NULL;
        line[length] = '\0';
        *text += length + 1;
        return line + n;
}

static bool take_text(char **text, const char *word, char ret[static MODULE_TEXT_MAX]) {
        const char *value = take_line(text, word);

        return value && snprintf(ret, MODULE_TEXT_MAX, "%s", value) < MODULE_TEXT_MAX;
}

static bool take_lane(LaserRecord *r, const char *value) {
        char *end;
        double bias = strtod(value, &end), temperature = *end == ' ' ? strtod(end + 1, &end) : NAN;

        if (*end != '\0' || !(bias >= 0 && bias < BIAS_MAX) || !isfinite(temperature) ||
                        r->n_lanes == MODULE_LANES_MAX)
                return false;
        r->lane[r->n_lanes].bias = bias;
        r->lane[r->n_lanes++].temperature = temperature;
        return true;
}

int laser_record_parse(char *text, LaserRecord *ret) {
        LaserRecord r = {};
        const char *value;

        value = take_line(&text, HEAD);
        if (!value || *value != '\0' || !take_text(&text, "vendor ", r.vendor) ||
                        !take_text(&text, "part ", r.part_number) || !take_text(&text, "serial ", r.serial))
                return -EBADMSG;
        while (*text != '\0') {
                value = take_line(&text, "lane ");
                if (!value || !take_lane(&r, value))
                        return -EBADMSG;
        }
        *ret = r;
        return 0;
}
