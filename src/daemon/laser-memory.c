/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <stdlib.h>

#include "alloc-util.h"
#include "journal.h"
#include "laser-memory.h"
#include "state-file.h"

typedef struct LaserErrand {
        char directory[POLICY_PATH_MAX], pair[PAIR_NAME_MAX + 1];
        PairSide side;
        LaserRecord record;
        int result;
        Error error;
} LaserErrand;

static void read_file(void *work) {
        LaserErrand *l = work;

        l->result = state_file_read_lasers(l->directory, l->pair, l->side, &l->record, &l->error);
}

static void write_file(void *work) {
        LaserErrand *l = work;

        l->result = state_file_write_lasers(l->directory, l->pair, l->side, &l->record, &l->error);
}

static const ErrandKind reading = { .run = read_file, .free = free },
                        writing = { .run = write_file, .free = free };

/* NULL when there is no memory or no thread: what is not kept is seen again. */
static Errand *send_out(const ErrandKind *kind, const LaserPlace *place, const LaserRecord *record) {
        LaserErrand *l = new0(LaserErrand, 1);
        Errand *sent = NULL;

        if (!l)
                return NULL;
        snprintf(l->directory, sizeof(l->directory), "%s", place->directory);
        snprintf(l->pair, sizeof(l->pair), "%s", place->pair);
        l->side = place->side;
        if (record)
                l->record = *record;
        (void) errand_send(place->errands, kind, l, &sent);
        return sent;
}

void laser_memory_begin(LaserMemory *m, const LaserPlace *place) {
        laser_memory_drop(m);
        m->reading = send_out(&reading, place, NULL);
}

/* Waits until it is known which module is there. */
static void take_read(LaserMemory *m, ModuleWatch *w) {
        const LaserErrand *l = errand_result(m->reading);

        if (!l || w->read_at == 0)
                return;
        if (l->result < 0)
                journal_log(LOG_NOTICE, l->pair, NULL, "what lasers take is learned anew: %s", l->error.text);
        else if (l->result > 0)
                m->kept = laser_record_give(&l->record, w);
        m->reading = errand_free(m->reading);
}

static void take_written(LaserMemory *m) {
        const LaserErrand *l = errand_result(m->writing);

        if (!l)
                return;
        if (l->result < 0)
                journal_log(LOG_WARNING, l->pair, NULL, "after a restart lasers will seem to be new: %s",
                                l->error.text);
        m->writing = errand_free(m->writing);
}

void laser_memory_tick(LaserMemory *m, const LaserPlace *place, ModuleWatch *w) {
        LaserRecord record;

        if (m->reading)
                take_read(m, w);
        if (m->writing)
                take_written(m);
        if (m->kept || m->reading || m->writing || !laser_record_take(&record, w))
                return;
        m->writing = send_out(&writing, place, &record);
        m->kept = true;
}

void laser_memory_drop(LaserMemory *m) {
        errand_free(m->reading);
        errand_free(m->writing);
        *m = (LaserMemory){};
}
