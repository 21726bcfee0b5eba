/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>

#include "fuzz.h"
#include "replay-trace.h"

/* What is written reads as the same. */
static void check_written(const ReplayTrace *t, const ReplayRow *row) {
        char again[REPLAY_LINE_MAX], line[REPLAY_LINE_MAX];
        size_t length = replay_row_format(line, t->adapters.name[row->adapter], row, row->sample.at);
        ReplayParser p = { .name = "written" };
        ReplayRow read;

        if (length >= sizeof(line) || replay_parser_take(&p, line, length - 1, &read, NULL) != 1 ||
                        read.kind != row->kind)
                abort();
        (void) replay_row_format(again, p.adapters.name[0], &read, read.sample.at);
        if (strcmp(again, line) != 0)
                abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        _cleanup_(replay_trace_freep) ReplayTrace *t = NULL;
        Error e = {};

        if (replay_trace_parse((const char *) data, size, "trace", &t, &e) < 0) {
                if (e.code == 0 || e.text[0] == '\0')
                        abort();
                return 0;
        }
        for (size_t i = 0; i < t->n_rows; i++) {
                const ReplayRow *row = t->rows + i;

                if (row->adapter >= t->adapters.n ||
                                (row->kind <= REPLAY_ALARM && !signal_info(row->sample.signal)) ||
                                (i > 0 && row->sample.at < row[-1].sample.at))
                        abort();
                check_written(t, row);
        }
        return 0;
}
