/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "evidence.h"

static const char *const evidence_level_table[_EVIDENCE_LEVEL_MAX] = {
        [EVIDENCE_NONE] = "none",
        [EVIDENCE_WARN] = "warn",
        [EVIDENCE_ALARM] = "alarm",
};

DEFINE_STRING_TABLE(evidence_level, EvidenceLevel);

/* A buffer that is filled up to its end and no further. */
typedef struct Line {
        char *buffer;
        size_t size;
        size_t used;
} Line;

static void line_add(Line *l, const char *format, ...) _printf_(2, 3);

static void line_add(Line *l, const char *format, ...) {
        va_list ap;
        int n;

        if (l->used + 1 >= l->size)
                return;
        va_start(ap, format);
        n = vsnprintf(l->buffer + l->used, l->size - l->used, format, ap);
        va_end(ap);
        if (n > 0)
                l->used = MIN(l->used + (size_t) n, l->size - 1);
}

/* Shares of a thousandth and more read best in percent, small ones as a power of ten. */
static void line_add_share(Line *l, double share) {
        if (share >= 1e-3)
                line_add(l, "%.3g%%", share * 100);
        else
                line_add(l, "%.2g", share);
}

static void line_add_value(Line *l, SignalUnit unit, double value) {
        switch (unit) {
        case SIGNAL_UNIT_DBM:
                line_add(l, "%.3g dBm", value);
                return;
        case SIGNAL_UNIT_DB:
                line_add(l, "%.3g dB", value);
                return;
        case SIGNAL_UNIT_CELSIUS:
                line_add(l,
                                "%.3g \xc2\xb0"
                                "C",
                                value);
                return;
        case SIGNAL_UNIT_MILLIAMPERE:
                line_add(l, "%.3g mA", value);
                return;
        case SIGNAL_UNIT_PER_FRAME:
        case SIGNAL_UNIT_FRACTION:
                line_add_share(l, value);
                return;
        case SIGNAL_UNIT_RATIO:
                line_add(l, "%.2g", value);
                return;
        case SIGNAL_UNIT_NONE:
        case SIGNAL_UNIT_PER_TIME:
        case _SIGNAL_UNIT_MAX:
        case _SIGNAL_UNIT_INVALID:
                break;
        }
        line_add(l, "%g", value);
}

static void line_add_events(Line *l, const Evidence *e, const char *one, const char *many) {
        line_add(l, " %g %s", e->value, e->value == 1 ? one : many);
        if (e->per > 0)
                line_add(l, " within %s", FORMAT_TIMESPAN(e->per));
        /* a penalty may outlast its window */
        if (e->value >= e->threshold)
                line_add(l, " (limit %g)", e->threshold);
}

static void line_add_finding(Line *l, const Evidence *e, const SignalInfo *info) {
        switch (e->rule) {
        case RULE_RATE:
        case RULE_PROBE:
                line_add(l, " ");
                line_add_share(l, e->value);
                line_add(l, " of %" PRIu64 " %s%s, above ", e->exposure,
                                e->rule == RULE_RATE ? "frame" : "probe", e->exposure == 1 ? "" : "s");
                line_add_share(l, e->threshold);
                return;
        case RULE_LEVEL:
                if (info->unit == SIGNAL_UNIT_NONE) {
                        line_add(l, " %g times in a row", e->value);
                        return;
                }
                line_add(l, " ");
                line_add_value(l, info->unit, e->value);
                line_add(l, info->below ? " below " : " above ");
                line_add_value(l, info->unit, e->threshold);
                return;
        case RULE_TREND:
                line_add(l, " ");
                line_add_value(l, info->unit, e->value);
                line_add(l, info->below ? ", falling, reaches " : ", rising, reaches ");
                line_add_value(l, info->unit, e->threshold);
                line_add(l, " in %s", FORMAT_TIMESPAN(e->time_to_failure));
                return;
        case RULE_FLAP:
                line_add_events(l, e, "loss of link", "losses of link");
                return;
        case RULE_COUNT:
                line_add_events(l, e, "errored second", "errored seconds");
                return;
        case RULE_CARRIER:
                line_add(l, " lost");
                return;
        case RULE_NONE:
        case _RULE_MAX:
        case _RULE_INVALID:
                return;
        }
}

void evidence_format(const Evidence *e, usec_t now, char *buffer, size_t size) {
        const SignalInfo *info = signal_info(e->signal);
        Line l = { .buffer = buffer, .size = size };
        usec_t lasted = usec_sub(now, e->since);

        if (size == 0)
                return;
        buffer[0] = '\0';
        if (!info)
                return;
        line_add(&l, "%s", signal_to_string(e->signal));
        if (e->injected)
                line_add(&l, " %s injected", evidence_level_to_string(e->level));
        else
                line_add_finding(&l, e, info);
        /* whole seconds once there are any: nobody reads the rest */
        if (lasted >= USEC_PER_SEC)
                lasted -= lasted % USEC_PER_SEC;
        line_add(&l, " for %s", FORMAT_TIMESPAN(lasted));
        if (e->vetoed)
                line_add(&l, " (the other adapter shows the same: common cause)");
}
