/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How the thresholds of health signals are read and written: each in the unit of its signal. */

#include <stdlib.h>
#include <strings.h>

#include "policy-key.h"

#define THRESHOLD_TEXT_MAX 96

typedef struct UnitRow {
        const char *suffix; /* must follow the number */
        bool percent;       /* may follow the number */
        double min, max;
        const char *example, *range;
} UnitRow;

/* The ranges: the alarm of a rate is tested against 100 times the acceptable share, which must stay below 1;
 * optics as far as SFF-8472 can say it (-40 to 8.2 dBm, 0 to 131 mA, -128 to 128 C) with room for coherent
 * modules. */
static const UnitRow unit_rows[_SIGNAL_UNIT_MAX] = {
        [SIGNAL_UNIT_NONE] = { "", false, 0, 1e15, "3", "0 to 1e15" },
        [SIGNAL_UNIT_PER_FRAME] = { "", true, 1e-12, 1e-2, "1e-8", "1e-12 to 1%" },
        [SIGNAL_UNIT_RATIO] = { "", true, 1e-18, 0.5, "1e-5", "1e-18 to 50%" },
        [SIGNAL_UNIT_PER_TIME] = { "", false, 1e-3, 1e9, "3/10min", "0.001 to 1e9 events in 100ms to 7d" },
        [SIGNAL_UNIT_DBM] = { "dBm", false, -60, 30, "-12dBm", "-60dBm to 30dBm" },
        [SIGNAL_UNIT_FRACTION] = { "", true, 0.01, 1, "90%", "1% to 100%" },
        [SIGNAL_UNIT_DB] = { "dB", false, 0.1, 60, "2dB", "0.1dB to 60dB" },
        [SIGNAL_UNIT_CELSIUS] = { "C", false, -60, 200, "70C", "-60C to 200C" },
        [SIGNAL_UNIT_MILLIAMPERE] = { "mA", false, 0, 1000, "60mA", "0mA to 1000mA" },
};
/* The share of probes lost that must be found; fewer than 1 in 10 000 would take hours of probes. */
static const UnitRow probe_row = { "", true, 1e-4, 1, "1%", "0.01% to 100%" };

static const UnitRow *unit_row(const SignalInfo *info) {
        return info->rule == RULE_PROBE ? &probe_row : unit_rows + info->unit;
}

static const char *skip_blanks(const char *p) {
        return p + strspn(p, " ");
}

/* "/10min", "/s" (which is "/1s"). */
static int per_parse(const char *text, usec_t *ret) {
        char copy[64];
        usec_t per;

        if (*text != '/' || strlen(text) > 32)
                return -EINVAL;
        text = skip_blanks(text + 1);
        snprintf(copy, sizeof(copy), "%s%s",
                        text[strspn(text, "0123456789.")] && strspn(text, "0123456789.") == 0 ? "1" : "", text);
        if (timespan_parse(copy, &per) < 0)
                return -EINVAL;
        if (per < 100 * USEC_PER_MSEC || per > 7 * USEC_PER_DAY)
                return -ERANGE;
        *ret = per;
        return 0;
}

/* 0, -EINVAL, -ENOMSG when the unit is missing, -ERANGE. */
static int threshold_parse(const SignalInfo *info, const char *text, SignalThreshold *ret) {
        const UnitRow *row = unit_row(info);
        SignalThreshold t = { .set = true };
        const char *end;
        int r;

        if (!policy_number_parse(text, &t.value, &end))
                return -EINVAL;
        end = skip_blanks(end);
        if (row->percent && *end == '%') {
                t.value /= 100;
                end++;
        } else if (info->unit == SIGNAL_UNIT_PER_TIME && *end) {
                r = per_parse(end, &t.per);
                if (r < 0)
                        return r;
                end = "";
        } else if (*row->suffix && strncmp(end, row->suffix, strlen(row->suffix)) == 0)
                end += strlen(row->suffix);
        else if (*row->suffix && strcasecmp(end, row->suffix) == 0)
                return -ENOMSG; /* 12dbm, 70c */
        else if (!*end && (*row->suffix || info->unit == SIGNAL_UNIT_PER_TIME))
                return -ENOMSG;
        if (*end)
                return -EINVAL;
        if (t.value < row->min || t.value > row->max)
                return -ERANGE;
        *ret = t;
        return 0;
}

static const char *threshold_format(
                char buffer[static THRESHOLD_TEXT_MAX], const SignalInfo *info, const SignalThreshold *t) {
        char number[POLICY_NUMBER_TEXT_MAX], per[FORMAT_TIMESPAN_MAX];

        /* shares that people think of in per cent, when that is exact */
        if (unit_row(info)->percent && t->value >= 1e-4) {
                policy_number_format(number, t->value * 100);
                if (strtod(number, NULL) / 100 == t->value) {
                        snprintf(buffer, THRESHOLD_TEXT_MAX, "%s%%", number);
                        return buffer;
                }
        }
        policy_number_format(number, t->value);
        if (info->unit == SIGNAL_UNIT_PER_TIME)
                snprintf(buffer, THRESHOLD_TEXT_MAX, "%s/%s", number,
                                t->per == USEC_PER_SEC ? "s" : policy_time_format(per, t->per));
        else
                snprintf(buffer, THRESHOLD_TEXT_MAX, "%s%s", number, unit_row(info)->suffix);
        return buffer;
}

/* The number is good, its unit is missing or written 12dbm. */
static void unit_error(PolicySource *s, const SignalInfo *info, const PolicyNode *node) {
        const usec_t usual = info->alarm.per > 0 ? info->alarm.per : USEC_PER_HOUR;
        char per[FORMAT_TIMESPAN_MAX];
        const char *end = node->text;
        double value;

        (void) policy_number_parse(node->text, &value, &end);
        policy_source_error(s, node->mark, "%s: %s unit, did you mean '%.*s%s%s'?", node->key,
                        *skip_blanks(end) ? "unknown" : "missing", (int) MIN(end - node->text, 32), node->text,
                        info->unit == SIGNAL_UNIT_PER_TIME ? "/" : "",
                        info->unit == SIGNAL_UNIT_PER_TIME ? policy_time_format(per, usual)
                                                           : unit_row(info)->suffix);
}

static bool threshold_take(PolicySource *s, const char *signal, const SignalInfo *info, const PolicyNode *node,
                SignalThreshold *ret) {
        const PolicyKey row = { .key = node->key, .example = unit_row(info)->example };
        int r;

        if (!policy_want_scalar(s, &row, node, "a threshold"))
                return false;
        r = threshold_parse(info, node->text, ret);
        if (r == -ENOMSG)
                unit_error(s, info, node);
        else if (r == -ERANGE)
                policy_source_error(s, node->mark, "%s: %.40s is out of range (%s)", node->key, node->text,
                                unit_row(info)->range);
        else if (r < 0)
                policy_type_error(s, &row, node, "a threshold");
        return r >= 0;
}

static double threshold_rate(const SignalThreshold *t) {
        return t->per > 0 ? t->value / (double) t->per : t->value;
}

/* An alarm that comes before its warning would move ingress to a spare that nobody primed. What the policy does
 * not say is taken from the built-in row. mark: of the later of the two in the file. */
static void check_order(PolicySource *s, PolicyMark mark, const SignalInfo *info, const SignalPolicy *p,
                bool alarm_written) {
        const SignalThreshold *warn = p->warn.set ? &p->warn : &info->warn;
        const SignalThreshold *alarm = p->alarm.set ? &p->alarm : &info->alarm;
        const char *built_in = p->warn.set && p->alarm.set ? "" : "the built-in ";
        char w[THRESHOLD_TEXT_MAX], a[THRESHOLD_TEXT_MAX];
        double beyond;

        if (!warn->set || !alarm->set)
                return;
        beyond = threshold_rate(alarm) - threshold_rate(warn);
        if (info->below ? beyond <= 0 : beyond >= 0)
                return;
        threshold_format(w, info, warn);
        threshold_format(a, info, alarm);
        if (alarm_written)
                policy_source_error(s, mark, "alarm: %s comes before %swarn %s, it must not be %s", a, built_in,
                                w, info->below ? "above" : "below");
        else
                policy_source_error(s, mark, "warn: %s comes after %salarm %s, it must not be %s", w, built_in,
                                a, info->below ? "below" : "above");
}

static void signal_take(PolicySource *s, const PolicyNode *node, const SignalInfo *info, SignalPolicy *target) {
        static const char *const names[] = { "warn", "alarm" };
        SignalPolicy p = *target;
        const PolicyNode *last = NULL;
        bool good = true;

        p.ignore = false;
        for (const PolicyNode *n = node->first; n; n = n->next) {
                int level = string_table_lookup(names, ELEMENTSOF(names), n->key);

                if (n->duplicate)
                        continue;
                if (level < 0)
                        policy_unknown_word(s, n->key_mark, "key", n->key, names, ELEMENTSOF(names));
                if (level < 0 || !threshold_take(s, node->key, info, n, level == 0 ? &p.warn : &p.alarm))
                        good = false;
                else if (!last || level == 1)
                        last = n;
        }
        if (!good)
                return;
        if (last)
                check_order(s, last->mark, info, &p, streq(last->key, "alarm"));
        *target = p;
}

static const char *signal_choice(size_t i) {
        size_t at = 0;

        for (Signal s = 0; s < _SIGNAL_MAX; s++)
                if (signal_is_configurable(s) && at++ == i)
                        return signal_to_string(s);
        return NULL;
}

static Signal signal_named(PolicySource *s, const PolicyNode *node) {
        const char *names[_SIGNAL_MAX] = {};
        Signal signal = signal_from_string(node->key);
        size_t n = 0;

        if ((int) signal >= 0 && signal_is_configurable(signal))
                return signal;
        if (signal == SIGNAL_PROBE_TX_LOST)
                policy_source_error(s, node->key_mark,
                                "'%s' is set by 'probe-loss', which is for both directions", node->key);
        else if ((int) signal >= 0)
                policy_source_error(s, node->key_mark, "'%s' has no threshold: it is never evidence by itself",
                                node->key);
        else {
                while (n < _SIGNAL_MAX && (names[n] = signal_choice(n)))
                        n++;
                policy_unknown_word(s, node->key_mark, "signal", node->key, names, n);
        }
        return _SIGNAL_INVALID;
}

static void signals_parse(PolicySource *s, const PolicyKey *key, const PolicyNode *node, void *target) {
        SignalPolicy *policies = target;

        if (policy_node_is_null(node))
                return;
        if (node->kind != POLICY_MAPPING) {
                policy_type_error(s, key, node, "a mapping");
                return;
        }
        for (const PolicyNode *n = node->first; n; n = n->next) {
                Signal signal = n->duplicate || n->kind == POLICY_BROKEN ? _SIGNAL_INVALID : signal_named(s, n);

                if ((int) signal < 0)
                        continue;
                if (n->kind == POLICY_MAPPING)
                        signal_take(s, n, signal_info(signal), policies + signal);
                else if (n->kind == POLICY_SCALAR && streq(n->text, "ignore"))
                        policies[signal] = (SignalPolicy){ .ignore = true };
                else
                        policy_type_error(s,
                                        &(PolicyKey){
                                                        .key = n->key,
                                                        .example = unit_row(signal_info(signal))->example,
                                        },
                                        n, "'ignore' or thresholds");
        }
}

/* Below `signals:` of a pair, hence the indentation, and the blank. */
static void signals_format(FILE *f, const PolicyKey *key, const void *value) {
        const SignalPolicy *policies = value;
        bool any = false;

        for (Signal i = 0; i < _SIGNAL_MAX; i++) {
                const SignalPolicy *p = policies + i;
                char text[THRESHOLD_TEXT_MAX];

                if (!p->ignore && !p->warn.set && !p->alarm.set)
                        continue;
                any = true;
                fprintf(f, "\n        %s: ", signal_to_string(i));
                if (p->ignore) {
                        fputs("ignore", f);
                        continue;
                }
                fputc('{', f);
                if (p->warn.set)
                        fprintf(f, "warn: %s", threshold_format(text, signal_info(i), &p->warn));
                if (p->alarm.set)
                        fprintf(f, "%salarm: %s", p->warn.set ? ", " : "",
                                        threshold_format(text, signal_info(i), &p->alarm));
                fputc('}', f);
        }
        if (!any)
                fputs(" {}", f);
}

const PolicyType policy_type_signals = {
        .name = "signals",
        .parse = signals_parse,
        .format = signals_format,
        .choice = signal_choice,
};
