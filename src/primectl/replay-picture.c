/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Colours are those of Okabe and Ito, told apart with any colour vision; the standby is dashed besides, and all
 * is labelled. */

#include <errno.h>
#include <math.h>

#include "alloc-util.h"
#include "replay-picture.h"

#define WIDTH       960.0
#define LEFT        66.0
#define RIGHT       24.0
#define BAND_TOP    64.0
#define BAND_HEIGHT 26.0
#define PANEL       150.0
#define PANEL_GAP   40.0
#define LABEL_ROWS  6
#define LABEL_ROW   15.0
#define PANELS_TOP  (BAND_TOP + BAND_HEIGHT + LABEL_ROWS * LABEL_ROW + 30)
#define MARKS_MAX   40

#define GRID  "#E3E6EA"
#define INK   "#1F2430"
#define WARN  "#B07A00"
#define ALARM "#CC5500"

typedef struct Curve {
        const char *colour, *dash;
} Curve;

static const Curve curves[_PAIR_SIDE_MAX] = {
        [SIDE_PRIMARY] = { "#0072B2", "" },
        [SIDE_STANDBY] = { "#D55E00", "7 4" },
};

static const char *const state_colours[_PAIR_STATE_MAX] = {
        [PAIR_ABSENT] = "#C9CDD3",
        [PAIR_UNPROTECTED] = "#DADDE2",
        [PAIR_PROTECTED] = "#A8DCC9",
        [PAIR_PRIMING] = "#BFE3F7",
        [PAIR_PRIMED] = "#6FC7AC",
        [PAIR_SPLITTING] = "#F7EFA0",
        [PAIR_SPLIT] = "#F0E442",
        [PAIR_UNSPLITTING] = "#F7EFA0",
        [PAIR_SWITCHING] = "#E0B1CC",
        [PAIR_FAILED] = "#9A9FA8",
};

static const char style[] =
                "text { font-family: \"DejaVu Sans\", Verdana, sans-serif; font-size: 12px; fill: " INK " }\n"
                ".title { font-size: 17px; font-weight: bold }\n"
                ".sub, .tick { fill: #5B6270; font-size: 11px }\n"
                ".panel { font-weight: bold }\n"
                ".state { font-size: 11px }\n"
                ".mark { font-size: 11px; paint-order: stroke; stroke: #FFFFFF; stroke-width: 4px; "
                "stroke-linejoin: round }\n";

/* A panel's values between low and high, drawn below top. */
typedef struct Scale {
        double top, low, high;
} Scale;

static void put_escaped(FILE *f, const char *text) {
        for (; *text; text++)
                switch (*text) {
                case '&':
                        fputs("&amp;", f);
                        break;
                case '<':
                        fputs("&lt;", f);
                        break;
                case '>':
                        fputs("&gt;", f);
                        break;
                case '"':
                        fputs("&quot;", f);
                        break;
                default:
                        fputc(*text, f);
                }
}

static void put_text(FILE *f, double x, double y, const char *kind, const char *anchor, const char *colour,
                const char *text) {
        fprintf(f, "<text x=\"%.1f\" y=\"%.1f\" class=\"%s\" text-anchor=\"%s\"", x, y, kind, anchor);
        if (colour)
                fprintf(f, " style=\"fill:%s\"", colour);
        fputc('>', f);
        put_escaped(f, text);
        fputs("</text>\n", f);
}

static void put_line(FILE *f, double x1, double y1, double x2, double y2, const char *colour, double width,
                const char *dash) {
        fprintf(f, "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\" stroke-width=\"%g\"",
                        x1, y1, x2, y2, colour, width);
        if (*dash)
                fprintf(f, " stroke-dasharray=\"%s\"", dash);
        fputs("/>\n", f);
}

static double x_of(const ReplaySeries *s, usec_t at) {
        double share = (double) usec_sub(at, s->begin) / (double) (s->end - s->begin);

        return LEFT + fmin(share, 1) * (WIDTH - LEFT - RIGHT);
}

static double x_of_point(size_t i) {
        return LEFT + ((double) i + 0.5) / REPLAY_POINTS * (WIDTH - LEFT - RIGHT);
}

static double y_of(const Scale *scale, double value) {
        double share = (value - scale->low) / (scale->high - scale->low);

        return scale->top + PANEL * (1 - fmin(fmax(share, 0), 1));
}

/* A round step that divides the span into about `count`. */
static double tick_step(double span, double count) {
        static const double factors[] = { 1, 2, 5, 10 };
        double unit = pow(10, floor(log10(span / count)));

        for (size_t i = 0; i < ELEMENTSOF(factors); i++)
                if (span / (unit * factors[i]) <= count)
                        return unit * factors[i];
        return unit * 10;
}

static void put_scale(FILE *f, const Scale *scale, const char *unit, const char *title) {
        double step = tick_step(scale->high - scale->low, 4);

        put_text(f, LEFT, scale->top - 8, "panel", "start", NULL, title);
        for (double n = ceil(scale->low / step); n * step <= scale->high * (1 + 1e-9); n++) {
                double value = n * step;
                char text[48];

                snprintf(text, sizeof(text), "%.6g%s", value + 0.0, unit);
                put_line(f, LEFT, y_of(scale, value), WIDTH - RIGHT, y_of(scale, value), GRID, 1, "");
                put_text(f, LEFT - 8, y_of(scale, value) + 4, "tick", "end", NULL, text);
        }
}

static void put_axis(FILE *f, const ReplaySeries *s, double bottom) {
        double span = (double) (s->end - s->begin) / (double) USEC_PER_SEC,
               first = (double) s->begin / (double) USEC_PER_SEC, step = tick_step(span, 12);

        for (double n = ceil(first / step); n * step <= first + span; n++) {
                double x = x_of(s, (usec_t) (n * step * (double) USEC_PER_SEC));
                char text[32];

                snprintf(text, sizeof(text), "%.9g", n * step);
                put_line(f, x, PANELS_TOP, x, bottom, GRID, 1, "");
                put_text(f, x, bottom + 18, "tick", "middle", NULL, text);
        }
        put_text(f, WIDTH - RIGHT, bottom + 42, "tick", "end", NULL, "time (s)");
}

static void put_curve(FILE *f, const Scale *scale, const double *values, const Curve *curve) {
        bool any = false;

        for (size_t i = 0; i < REPLAY_POINTS; i++) {
                if (isnan(values[i]))
                        continue;
                fprintf(f, "%s%.1f,%.1f", any ? " " : "<polyline points=\"", x_of_point(i),
                                y_of(scale, values[i]));
                any = true;
        }
        if (!any)
                return;
        fprintf(f, "\" fill=\"none\" stroke=\"%s\" stroke-width=\"2\" stroke-linejoin=\"round\"",
                        curve->colour);
        if (*curve->dash)
                fprintf(f, " stroke-dasharray=\"%s\"", curve->dash);
        fputs("/>\n", f);
}

static void put_states(FILE *f, const ReplaySeries *s) {
        for (size_t i = 0, next; i < REPLAY_POINTS; i = next) {
                double left = x_of_point(i) - 0.5 / REPLAY_POINTS * (WIDTH - LEFT - RIGHT), right;
                const char *name = pair_state_to_string(s->state[i]);

                /* points between samples go on with the state before them */
                for (next = i + 1; next < REPLAY_POINTS &&
                                (s->state[next] == s->state[i] || s->state[next] == _PAIR_STATE_INVALID);)
                        next++;
                right = x_of_point(next) - 0.5 / REPLAY_POINTS * (WIDTH - LEFT - RIGHT);
                if (!name)
                        continue;
                fprintf(f,
                                "<rect x=\"%.1f\" y=\"%g\" width=\"%.1f\" height=\"%g\" fill=\"%s\" "
                                "stroke=\"#FFFFFF\" stroke-width=\"1\"/>\n",
                                left, BAND_TOP, right - left, BAND_HEIGHT, state_colours[s->state[i]]);
                if (right - left > 7 * (double) strlen(name) + 4)
                        put_text(f, (left + right) / 2, BAND_TOP + 17, "state", "middle", NULL, name);
        }
        put_text(f, LEFT - 10, BAND_TOP + 17, "tick", "end", NULL, "state");
}

Signal replay_picture_signal(const ReplaySeries *s) {
        for (EvidenceLevel level = EVIDENCE_ALARM; level > EVIDENCE_NONE; level--)
                for (size_t i = 0; i < s->n_events; i++)
                        if (s->events[i].kind == REHEARSAL_RAISED && s->events[i].evidence.level == level)
                                return s->events[i].evidence.signal;
        return _SIGNAL_INVALID;
}

/* Counters as what they grew by from one point to the next. */
static void growth(double *values) {
        double last = NAN;

        for (size_t i = 0; i < REPLAY_POINTS; i++) {
                double value = values[i];

                values[i] = isnan(value) || isnan(last) || value < last ? NAN : value - last;
                if (!isnan(value))
                        last = value;
        }
}

/* Thresholds of the signal that were crossed; NaN: that one was not. */
static double crossed(const ReplaySeries *s, Signal signal, EvidenceLevel level) {
        for (size_t i = 0; i < s->n_events; i++) {
                const RehearsalEvent *x = s->events + i;

                if (x->kind == REHEARSAL_RAISED && x->evidence.signal == signal && x->evidence.level == level)
                        return x->evidence.threshold;
        }
        return NAN;
}

static void stretch(Scale *scale, double value) {
        scale->low = fmin(scale->low, value);
        scale->high = fmax(scale->high, value);
}

static void put_threshold(FILE *f, const Scale *scale, double value, const char *colour, const char *name) {
        if (isnan(value))
                return;
        put_line(f, LEFT, y_of(scale, value), WIDTH - RIGHT, y_of(scale, value), colour, 1.5, "3 3");
        put_text(f, LEFT + 6, y_of(scale, value) - 4, "tick", "start", colour, name);
}

static void put_signal(FILE *f, const ReplaySeries *s, Signal signal, double top) {
        const SignalInfo *info = signal_info(signal);
        bool level = info->kind == SIGNAL_LEVEL;
        double values[_PAIR_SIDE_MAX][REPLAY_POINTS], margin,
                        warn = level ? crossed(s, signal, EVIDENCE_WARN) : NAN,
                        alarm = level ? crossed(s, signal, EVIDENCE_ALARM) : NAN;
        Scale scale = { .top = top, .low = INFINITY, .high = -INFINITY };
        char title[96];

        for (PairSide side = 0; side < _PAIR_SIDE_MAX; side++) {
                memcpy(values[side], s->value[side][signal], sizeof(values[side]));
                if (!level)
                        growth(values[side]);
                for (size_t i = 0; i < REPLAY_POINTS; i++)
                        stretch(&scale, values[side][i]);
        }
        stretch(&scale, warn);
        stretch(&scale, alarm);
        if (!isfinite(scale.low))
                return;
        margin = scale.high > scale.low ? 0.08 * (scale.high - scale.low) : fmax(fabs(scale.high), 1) * 0.1;
        scale.high += margin;
        if (level)
                scale.low -= margin;
        snprintf(title, sizeof(title), "%s%s%s", signal_to_string(signal),
                        level && info->unit != SIGNAL_UNIT_NONE ? ", " : "",
                        !level                                           ? ": growth between two points"
                                        : info->unit == SIGNAL_UNIT_NONE ? ""
                                                                         : signal_unit_to_string(info->unit));
        put_scale(f, &scale, "", title);
        /* a trend is measured against where it leads, which may be the same for both */
        if (warn != alarm)
                put_threshold(f, &scale, warn, WARN, "warn");
        put_threshold(f, &scale, alarm, ALARM, "alarm");
        for (PairSide side = 0; side < _PAIR_SIDE_MAX; side++)
                put_curve(f, &scale, values[side], curves + side);
}

static const char *mark_colour(const RehearsalEvent *x) {
        if (x->kind != REHEARSAL_RAISED)
                return INK;
        return x->evidence.level == EVIDENCE_ALARM ? ALARM : WARN;
}

/* False: it has no mark of its own. */
static bool mark_text(const ReplaySeries *s, const RehearsalEvent *x, char *text, size_t size) {
        switch (x->kind) {
        case REHEARSAL_RAISED:
                snprintf(text, size, "%s: %s", evidence_level_to_string(x->evidence.level),
                                signal_to_string(x->evidence.signal));
                return true;
        case REHEARSAL_SPLIT:
                snprintf(text, size, "ingress to %s", s->adapter[x->side]);
                return true;
        case REHEARSAL_SWITCH:
                snprintf(text, size, "%s serves", s->adapter[x->side]);
                return true;
        case REHEARSAL_UNSPLIT:
                snprintf(text, size, "ingress back to %s", s->adapter[x->side]);
                return true;
        case REHEARSAL_FAILED:
                snprintf(text, size, "neither works");
                return true;
        case REHEARSAL_CLEARED:
        case REHEARSAL_VETOED:
        case REHEARSAL_SUPPRESSED:
        case REHEARSAL_PRIME:
        case REHEARSAL_RECORDED:
        case _REHEARSAL_KIND_MAX:
        case _REHEARSAL_KIND_INVALID:
                break;
        }
        return false;
}

static void put_marks(FILE *f, const ReplaySeries *s, double bottom) {
        double ends[LABEL_ROWS] = {};
        unsigned n = 0;

        for (size_t i = 0; i < s->n_events && n < MARKS_MAX; i++) {
                const RehearsalEvent *x = s->events + i;
                char text[64];
                double at = x_of(s, x->at), width, left;
                unsigned row = 0;
                bool leftwards;

                if (!mark_text(s, x, text, sizeof(text)))
                        continue;
                width = 6.3 * (double) strlen(text) + 12;
                leftwards = at + width > WIDTH - RIGHT;
                left = leftwards ? at - width : at;
                while (row < LABEL_ROWS && ends[row] > left)
                        row++;
                put_line(f, at, BAND_TOP + BAND_HEIGHT + 7 + LABEL_ROW * fmin(row, LABEL_ROWS - 1), at, bottom,
                                mark_colour(x), 1.2, "2 3");
                n++;
                if (row == LABEL_ROWS)
                        continue; /* the table has it in words */
                ends[row] = left + width;
                put_text(f, leftwards ? at - 4 : at + 4, BAND_TOP + BAND_HEIGHT + 16 + LABEL_ROW * row, "mark",
                                leftwards ? "end" : "start", mark_colour(x), text);
        }
}

static void put_legend(FILE *f, const ReplaySeries *s, double bottom) {
        double x = LEFT, y = bottom + 38;

        for (PairSide side = 0; side < _PAIR_SIDE_MAX; side++) {
                char text[32];

                snprintf(text, sizeof(text), "adapter %s", s->adapter[side]);
                put_line(f, x, y, x + 28, y, curves[side].colour, 2.5, curves[side].dash);
                put_text(f, x + 34, y + 4, "", "start", NULL, text);
                x += 60 + 8 * (double) strlen(text);
        }
}

static void put_picture(FILE *f, const ReplaySeries *s) {
        Signal signal = replay_picture_signal(s);
        Scale risk = { .top = PANELS_TOP, .low = 0, .high = 100 };
        double bottom = PANELS_TOP + PANEL + (signal >= 0 ? PANEL_GAP + PANEL : 0), height = bottom + 58;
        double percent[REPLAY_POINTS];
        char title[128];

        snprintf(title, sizeof(title), "Pair %s, replayed: what primed would have done", s->pair);
        fprintf(f,
                        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %g %g\" width=\"%g\" "
                        "height=\"%g\" "
                        "role=\"img\" aria-label=\"",
                        WIDTH, height, WIDTH, height);
        put_escaped(f, title);
        fprintf(f, "\">\n<style>\n%s</style>\n<rect width=\"%g\" height=\"%g\" rx=\"6\" fill=\"#FFFFFF\"/>\n",
                        style, WIDTH, height);
        put_text(f, LEFT, 26, "title", "start", NULL, title);
        put_text(f, LEFT, 45, "sub", "start", NULL,
                        signal >= 0 ? signal_info(signal)->advice : "No evidence against either adapter.");
        put_legend(f, s, bottom);
        put_states(f, s);
        put_axis(f, s, bottom);
        put_scale(f, &risk, "%", "risk of a failure within the hour");
        for (PairSide side = 0; side < _PAIR_SIDE_MAX; side++) {
                for (size_t i = 0; i < REPLAY_POINTS; i++)
                        percent[i] = s->risk[side][i] * 100;
                put_curve(f, &risk, percent, curves + side);
        }
        if (signal >= 0)
                put_signal(f, s, signal, PANELS_TOP + PANEL + PANEL_GAP);
        put_marks(f, s, bottom);
        fputs("</svg>\n", f);
}

int replay_picture_write(const ReplaySeries *s, const char *file, Error *e) {
        FILE *f = fopen(file, "we");
        bool failed;

        if (!f)
                return error_errno(e, -errno, "cannot write %s", file);
        put_picture(f, s);
        failed = ferror(f);
        if (fclose(f) != 0 || failed)
                return error_errno(e, errno > 0 ? -errno : -EIO, "cannot write %s", file);
        return 0;
}
