/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "alloc-util.h"
#include "replay-trace.h"

typedef enum Field {
        FIELD_SECONDS,
        FIELD_ADAPTER,
        FIELD_SIGNAL,
        FIELD_VALUE,
        _FIELD_MAX,
        _FIELD_INVALID = -EINVAL,
} Field;

static const char *const field_table[_FIELD_MAX] = {
        [FIELD_SECONDS] = "seconds",
        [FIELD_ADAPTER] = "adapter",
        [FIELD_SIGNAL] = "signal",
        [FIELD_VALUE] = "value",
};

static const char *const replay_role_table[_REPLAY_ROLE_MAX] = {
        [REPLAY_PRIMARY] = "primary",
        [REPLAY_STANDBY] = "standby",
        [REPLAY_SERVING] = "serving",
};

DEFINE_STRING_TABLE(replay_role, ReplayRole);

/* Longer than any name or number that makes sense. */
#define FIELD_LENGTH_MAX 63

typedef struct Line {
        const char *name; /* of the file */
        unsigned number;
        struct {
                char text[FIELD_LENGTH_MAX + 1];
                unsigned column; /* from 1 */
        } fields[_FIELD_MAX];
} Line;

static int line_refuse(
                const Line *l, unsigned column, int code, const char *what, const char *shown, Error *e) {
        return error_set(e, ERROR_INVALID_ARGUMENT, code, "%s:%u:%u: %s%s%s%s", l->name, l->number, column,
                        what, shown ? " '" : "", shown ? shown : "", shown ? "'" : "");
}

static int field_refuse(const Line *l, Field f, const char *what, Error *e) {
        return line_refuse(l, l->fields[f].column, -EINVAL, what, l->fields[f].text, e);
}

static bool is_blank(char c) {
        return c == ' ' || c == '\t' || c == '\r';
}

/* One field from text[begin, end), blanks trimmed. */
static int field_take(Line *l, Field f, const char *text, size_t begin, size_t end, Error *e) {
        while (begin < end && is_blank(text[begin]))
                begin++;
        while (end > begin && is_blank(text[end - 1]))
                end--;
        l->fields[f].column = (unsigned) begin + 1;
        if (begin == end)
                return error_set(e, ERROR_INVALID_ARGUMENT, -EINVAL, "%s:%u:%u: %s is missing", l->name,
                                l->number, (unsigned) begin + 1, field_table[f]);
        if (end - begin > FIELD_LENGTH_MAX)
                return line_refuse(l, l->fields[f].column, -EINVAL, "field is too long", NULL, e);
        for (size_t i = begin; i < end; i++)
                if (text[i] < ' ' || text[i] > '~')
                        return line_refuse(l, (unsigned) i + 1, -EINVAL, "not a printable ASCII character",
                                        NULL, e);
        memcpy(l->fields[f].text, text + begin, end - begin);
        l->fields[f].text[end - begin] = '\0';
        return 0;
}

static int line_split(Line *l, const char *text, size_t length, Error *e) {
        size_t begin = 0;

        for (Field f = 0; f < _FIELD_MAX; f++) {
                const char *comma = begin <= length ? memchr(text + begin, ',', length - begin) : NULL;
                size_t end = comma ? (size_t) (comma - text) : length;
                int r;

                if (begin > length)
                        return error_set(e, ERROR_INVALID_ARGUMENT, -EINVAL, "%s:%u:%u: %s is missing", l->name,
                                        l->number, (unsigned) length + 1, field_table[f]);
                if (f == FIELD_VALUE && comma)
                        return line_refuse(l, (unsigned) end + 1, -EINVAL, "more than four fields", NULL, e);
                r = field_take(l, f, text, begin, end, e);
                if (r < 0)
                        return r;
                begin = end + 1;
        }
        return 0;
}

static bool line_is_header(const Line *l) {
        for (Field f = 0; f < _FIELD_MAX; f++)
                if (!streq(l->fields[f].text, field_table[f]))
                        return false;
        return true;
}

/* Decimal only: strtod() alone would take "inf", "nan" and hexadecimal. */
static bool number_parse(const char *text, double *ret) {
        char *end;

        if (strspn(text, "+-.0123456789eE") != strlen(text))
                return false;
        *ret = strtod(text, &end);
        return end != text && *end == '\0' && isfinite(*ret);
}

static int seconds_take(const Line *l, usec_t last, usec_t *ret, Error *e) {
        double seconds;
        usec_t at;

        if (!number_parse(l->fields[FIELD_SECONDS].text, &seconds) || seconds < 0 ||
                        seconds > REPLAY_TRACE_SECONDS_MAX)
                return field_refuse(l, FIELD_SECONDS, "not a number of seconds", e);
        at = (usec_t) (seconds * (double) USEC_PER_SEC + 0.5);
        if (at < last)
                return field_refuse(l, FIELD_SECONDS, "time goes back at", e);
        *ret = at;
        return 0;
}

static int adapter_take(ReplayAdapters *a, const Line *l, uint32_t *ret, Error *e) {
        const char *name = l->fields[FIELD_ADAPTER].text;

        if (strlen(name) >= sizeof(a->name[0]) || strpbrk(name, "/: "))
                return field_refuse(l, FIELD_ADAPTER, "not an interface name", e);
        for (size_t i = 0; i < a->n; i++)
                if (streq(a->name[i], name)) {
                        *ret = (uint32_t) i;
                        return 0;
                }
        if (a->n == REPLAY_TRACE_ADAPTERS_MAX)
                return line_refuse(
                                l, l->fields[FIELD_ADAPTER].column, -E2BIG, "more than 64 adapters", NULL, e);
        strcpy(a->name[a->n], name);
        *ret = (uint32_t) a->n++;
        return 0;
}

static int count_take(const Line *l, const char *what, uint64_t *ret, Error *e) {
        const char *text = l->fields[FIELD_VALUE].text;
        unsigned long long count;
        char *end;

        errno = 0;
        count = strtoull(text, &end, 10);
        if (*end != '\0' || errno != 0 || text[0] < '0' || text[0] > '9')
                return field_refuse(l, FIELD_VALUE, what, e);
        *ret = count;
        return 0;
}

static int sample_take(const Line *l, ReplayRow *row, Error *e) {
        if (signal_info(row->sample.signal)->kind == SIGNAL_COUNTER)
                return count_take(l, "a counter needs a whole number, not", &row->sample.count, e);
        if (!number_parse(l->fields[FIELD_VALUE].text, &row->sample.level))
                return field_refuse(l, FIELD_VALUE, "not a number", e);
        return 0;
}

static int threshold_take(const Line *l, ReplayRow *row, Error *e) {
        if (signal_info(row->sample.signal)->rule != RULE_LEVEL)
                return field_refuse(l, FIELD_SIGNAL, "no module has thresholds for", e);
        if (streq(l->fields[FIELD_VALUE].text, "none"))
                return 0;
        if (!number_parse(l->fields[FIELD_VALUE].text, &row->threshold.value))
                return field_refuse(l, FIELD_VALUE, "neither a number nor none:", e);
        row->threshold.set = true;
        return 0;
}

static int hold_off_take(const Line *l, ReplayRow *row, Error *e) {
        double seconds;

        if (!number_parse(l->fields[FIELD_VALUE].text, &seconds) || seconds < 0 ||
                        seconds > REPLAY_TRACE_SECONDS_MAX)
                return field_refuse(l, FIELD_VALUE, "not a number of seconds", e);
        row->hold_off = (usec_t) (seconds * (double) USEC_PER_SEC + 0.5);
        return 0;
}

static int forget_take(const Line *l, ReplayRow *row, Error *e) {
        const char *text = l->fields[FIELD_VALUE].text;

        row->sample.signal = signal_from_string(text);
        if (row->sample.signal < 0 && !streq(text, "all"))
                return field_refuse(l, FIELD_VALUE, "neither a signal nor all:", e);
        return 0;
}

static int role_take(const Line *l, ReplayRow *row, Error *e) {
        row->role = replay_role_from_string(l->fields[FIELD_VALUE].text);
        return row->role < 0 ? field_refuse(l, FIELD_VALUE, "neither primary, standby nor serving:", e) : 0;
}

static int dropped_take(const Line *l, ReplayRow *row, Error *e) {
        return count_take(l, "not a whole number", &row->dropped, e);
}

/* Words in place of a signal. */
static const struct {
        const char *word;
        ReplayKind kind;
        int (*take)(const Line *l, ReplayRow *row, Error *e);
} notes[] = {
        { "hold-off", REPLAY_HOLD_OFF, hold_off_take },
        { "forget", REPLAY_FORGET, forget_take },
        { "role", REPLAY_ROLE, role_take },
        { "dropped", REPLAY_DROPPED, dropped_take },
};

/* "rx-power" or "rx-power.warn": of which signal, and what. */
static Signal signal_take(const char *text, ReplayKind *ret_kind) {
        char name[FIELD_LENGTH_MAX + 1];
        const char *dot = strchr(text, '.');

        *ret_kind = REPLAY_SAMPLE;
        if (!dot)
                return signal_from_string(text);
        if (streq(dot, ".warn"))
                *ret_kind = REPLAY_WARN;
        else if (streq(dot, ".alarm"))
                *ret_kind = REPLAY_ALARM;
        else
                return _SIGNAL_INVALID;
        memcpy(name, text, (size_t) (dot - text));
        name[dot - text] = '\0';
        return signal_from_string(name);
}

static int row_take(const Line *l, ReplayRow *row, Error *e) {
        const char *word = l->fields[FIELD_SIGNAL].text;

        for (size_t i = 0; i < ELEMENTSOF(notes); i++)
                if (streq(word, notes[i].word)) {
                        row->kind = notes[i].kind;
                        row->sample.signal = _SIGNAL_INVALID;
                        return notes[i].take(l, row, e);
                }
        row->sample.signal = signal_take(word, &row->kind);
        if (row->sample.signal < 0)
                return field_refuse(l, FIELD_SIGNAL, "unknown signal", e);
        return row->kind == REPLAY_SAMPLE ? sample_take(l, row, e) : threshold_take(l, row, e);
}

int replay_parser_take(ReplayParser *p, const char *text, size_t length, ReplayRow *ret, Error *e) {
        Line l = { .name = p->name, .number = ++p->line };
        ReplayRow row = {};
        size_t i = 0;
        int r;

        while (i < length && is_blank(text[i]))
                i++;
        if (i == length || text[i] == '#')
                return 0;
        r = line_split(&l, text, length, e);
        if (r < 0)
                return r;
        if (!p->begun && line_is_header(&l))
                return 0;
        r = seconds_take(&l, p->last, &row.sample.at, e);
        if (r >= 0)
                r = adapter_take(&p->adapters, &l, &row.adapter, e);
        if (r >= 0)
                r = row_take(&l, &row, e);
        if (r < 0)
                return r;
        p->begun = true;
        p->last = row.sample.at;
        *ret = row;
        return 1;
}

static int row_append(ReplayTrace *t, size_t *allocated, const ReplayRow *row) {
        void *rows = t->rows;

        if (memory_grow(&rows, allocated, t->n_rows + 1, sizeof(*t->rows)) < 0)
                return -ENOMEM;
        t->rows = rows;
        t->rows[t->n_rows++] = *row;
        return 0;
}

static int trace_take_lines(ReplayTrace *t, ReplayParser *p, const char *text, size_t size, Error *e) {
        size_t allocated = 0;

        for (size_t begin = 0; begin < size;) {
                const char *newline = memchr(text + begin, '\n', size - begin);
                size_t length = newline ? (size_t) (newline - text) - begin : size - begin;
                ReplayRow row;
                int r;

                r = replay_parser_take(p, text + begin, length, &row, e);
                if (r > 0 && t->n_rows == REPLAY_TRACE_SAMPLES_MAX)
                        return error_set(e, ERROR_INVALID_ARGUMENT, -E2BIG, "%s:%u:1: more than %u samples",
                                        p->name, p->line, REPLAY_TRACE_SAMPLES_MAX);
                if (r > 0)
                        r = row_append(t, &allocated, &row);
                if (r < 0)
                        return error_errno(e, r, "%s", p->name);
                begin += length + 1;
        }
        return 0;
}

int replay_trace_parse(const char *text, size_t size, const char *name, ReplayTrace **ret, Error *e) {
        _cleanup_(replay_trace_freep) ReplayTrace *t = calloc(1, sizeof(*t));
        ReplayParser p = { .name = name };
        int r;

        if (!t)
                return error_errno(e, -ENOMEM, "%s", name);
        if (size > REPLAY_TRACE_SIZE_MAX)
                return error_set(e, ERROR_INVALID_ARGUMENT, -E2BIG, "%s: larger than %u bytes", name,
                                REPLAY_TRACE_SIZE_MAX);
        r = trace_take_lines(t, &p, text, size, e);
        if (r < 0)
                return r;
        t->adapters = p.adapters;
        *ret = TAKE_PTR(t);
        return 0;
}

ReplayTrace *replay_trace_free(ReplayTrace *t) {
        if (!t)
                return NULL;
        free(t->rows);
        free(t);
        return NULL;
}
