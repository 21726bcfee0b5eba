/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Rows of a trace as text; the other way round is replay-trace.c. */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "replay-trace.h"

/* The shortest that reads back as the same number. */
static void format_number(char buffer[static 32], double value) {
        for (int digits = 6; digits <= 17; digits++) {
                snprintf(buffer, 32, "%.*g", digits, value);
                if (strtod(buffer, NULL) == value)
                        return;
        }
}

static void format_threshold(char buffer[static 32], const SignalThreshold *t) {
        if (t->set)
                format_number(buffer, t->value);
        else
                snprintf(buffer, 32, "none");
}

static void format_value(char buffer[static 32], const ReplayRow *row) {
        switch (row->kind) {
        case REPLAY_SAMPLE:
                if (signal_info(row->sample.signal)->kind == SIGNAL_COUNTER)
                        snprintf(buffer, 32, "%" PRIu64, row->sample.count);
                else
                        format_number(buffer, row->sample.level);
                return;
        case REPLAY_WARN:
        case REPLAY_ALARM:
                format_threshold(buffer, &row->threshold);
                return;
        case REPLAY_HOLD_OFF:
                snprintf(buffer, 32, "%" PRIu64 ".%06u", row->hold_off / USEC_PER_SEC,
                                (unsigned) (row->hold_off % USEC_PER_SEC));
                return;
        case REPLAY_FORGET:
                snprintf(buffer, 32, "%s", signal_to_string(row->sample.signal) ?: "all");
                return;
        case REPLAY_ROLE:
                snprintf(buffer, 32, "%s", replay_role_to_string(row->role));
                return;
        case REPLAY_DROPPED:
                snprintf(buffer, 32, "%" PRIu64, row->dropped);
                return;
        case _REPLAY_KIND_MAX:
        case _REPLAY_KIND_INVALID:
                break;
        }
        buffer[0] = 0;
}

size_t replay_row_format(
                char buffer[static REPLAY_LINE_MAX], const char *adapter, const ReplayRow *row, usec_t at) {
        static const char *const words[_REPLAY_KIND_MAX] = {
                [REPLAY_WARN] = ".warn",
                [REPLAY_ALARM] = ".alarm",
                [REPLAY_HOLD_OFF] = "hold-off",
                [REPLAY_FORGET] = "forget",
                [REPLAY_ROLE] = "role",
                [REPLAY_DROPPED] = "dropped",
        };
        bool of_signal = row->kind <= REPLAY_ALARM;
        char value[32];
        int n;

        format_value(value, row);
        n = snprintf(buffer, REPLAY_LINE_MAX, "%" PRIu64 ".%06u,%s,%s%s,%s\n", at / USEC_PER_SEC,
                        (unsigned) (at % USEC_PER_SEC), adapter,
                        of_signal ? signal_to_string(row->sample.signal) : "", words[row->kind] ?: "", value);
        return (size_t) n;
}
