/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>

#include "fuzz.h"
#include "replay-trace.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        _cleanup_(replay_trace_freep) ReplayTrace *t = NULL;
        Error e = {};

        if (replay_trace_parse((const char *) data, size, "trace", &t, &e) < 0) {
                if (e.code == 0 || e.text[0] == '\0')
                        abort();
                return 0;
        }
        for (size_t i = 0; i < t->n_rows; i++)
                if (t->rows[i].adapter >= t->n_adapters || t->rows[i].sample.signal < 0 ||
                                t->rows[i].sample.signal >= _SIGNAL_MAX ||
                                (i > 0 && t->rows[i].sample.at < t->rows[i - 1].sample.at))
                        abort();
        return 0;
}
