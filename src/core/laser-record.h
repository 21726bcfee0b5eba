/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the lasers of one module took on their first day, and which module it was: what has to outlive a restart
 * and a reboot for ageing to be seen, as a small text. Pure. */

#include "module-watch.h"

#define LASER_RECORD_SIZE_MAX 1024 /* of the text, its end included */

typedef struct LaserRecord {
        char vendor[MODULE_TEXT_MAX], part_number[MODULE_TEXT_MAX], serial[MODULE_TEXT_MAX];
        unsigned n_lanes;
        struct {
                double bias, temperature; /* bias 0: not known */
        } lane[MODULE_LANES_MAX];
} LaserRecord;

/* Of the module as it is known. False: no laser's first day is over, or it does not say which module it is. */
bool laser_record_take(LaserRecord *r, const ModuleWatch *w);

/* Its lasers have been known since then, also those whose first day was seen again. False: it is another
 * module. */
bool laser_record_give(const LaserRecord *r, ModuleWatch *w);

void laser_record_format(const LaserRecord *r, char text[static LASER_RECORD_SIZE_MAX]);

/* text is changed. -EBADMSG: it is no such text, or not whole. */
int laser_record_parse(char *text, LaserRecord *ret);
