/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy-diagnostics.h"

#include "alloc-util.h"
#include "string-table.h"

#define SOURCE_LINE_MAX      100 /* characters shown of a long line */
#define SOURCE_LINE_BEFORE   60  /* of them before the place */
#define SUGGEST_LENGTH_MAX   63
#define SUGGEST_DISTANCE_MAX ((size_t) 3)

static const char *const policy_severity_table[_POLICY_SEVERITY_MAX] = {
        [POLICY_ERROR] = "error",
        [POLICY_WARNING] = "warning",
};

const char *policy_severity_to_string(PolicySeverity s) {
        if ((int) s < 0 || s >= _POLICY_SEVERITY_MAX)
                return NULL;
        return policy_severity_table[s];
}

static void policy_diagnostic_done(PolicyDiagnostic *d) {
        free(d->file);
        free(d->text);
        free(d->source_line);
}

void policy_diagnostics_done(PolicyDiagnostics *d) {
        for (size_t i = 0; i < d->n_items; i++)
                policy_diagnostic_done(d->items + i);
        free(d->items);
        *d = (PolicyDiagnostics){};
}

/* The bytes of the UTF-8 character at p, 1 for one that is broken. */
static size_t character_length(const char *p, const char *end) {
        unsigned char c = (unsigned char) *p;
        size_t n = c >= 0xf0 && c < 0xf5 ? 4 : c >= 0xe0 ? 3 : c >= 0xc2 ? 2 : 1;

        if (c >= 0xf5 || (size_t) (end - p) < n)
                return 1;
        for (size_t i = 1; i < n; i++)
                if (((unsigned char) p[i] & 0xc0) != 0x80)
                        return 1;
        return n;
}

/* Line breaks as YAML 1.1 has them, so that lines are counted as libyaml does: CR LF, CR, LF, NEL, LS, PS. */
static size_t break_length(const char *p, const char *end) {
        size_t left = (size_t) (end - p);

        if (left >= 2 && memcmp(p, "\r\n", 2) == 0)
                return 2;
        if (left >= 1 && (*p == '\n' || *p == '\r'))
                return 1;
        if (left >= 2 && memcmp(p, "\xc2\x85", 2) == 0)
                return 2;
        if (left >= 3 && (memcmp(p, "\xe2\x80\xa8", 3) == 0 || memcmp(p, "\xe2\x80\xa9", 3) == 0))
                return 3;
        return 0;
}

static const char *line_find(const char *source, const char *end, unsigned line) {
        const char *p = source;

        for (unsigned at = 1; at < line; at++) {
                while (p < end && break_length(p, end) == 0)
                        p += character_length(p, end);
                if (p >= end)
                        return NULL;
                p += break_length(p, end);
        }
        return p;
}

/* Copies a character so that a terminal shows it as one, whatever it is. */
static size_t copy_printable(char *to, const char *p, size_t n) {
        unsigned char c = (unsigned char) *p;
        bool c1 = n == 2 && c == 0xc2 && (unsigned char) p[1] < 0xa0;

        if (n == 1) {
                *to = c == '\t' ? ' ' : c < 0x20 || c >= 0x7f ? '?' : *p;
                return 1;
        }
        if (c1) {
                *to = '?';
                return 1;
        }
        memcpy(to, p, n);
        return n;
}

static char *printable(const char *s) {
        const char *end = s + strlen(s);
        char *copy = new0(char, strlen(s) + 1);
        size_t used = 0;

        for (const char *p = s; copy && p < end;) {
                size_t n = character_length(p, end);

                used += copy_printable(copy + used, p, n);
                p += n;
        }
        return copy;
}

static int source_line_set(PolicyDiagnostic *d, const char *source, size_t size) {
        const char *end = source + size, *p = line_find(source, end, d->line);
        unsigned first = d->column > SOURCE_LINE_MAX - 20 ? d->column - SOURCE_LINE_BEFORE : 1;
        size_t used = 0;

        if (!p)
                return 0;
        if (d->line == 1 && size >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0)
                p += 3;
        d->source_line = new0(char, SOURCE_LINE_MAX * 4 + 1);
        if (!d->source_line)
                return -ENOMEM;
        for (unsigned at = 1; p < end && break_length(p, end) == 0 && at < first + SOURCE_LINE_MAX; at++) {
                size_t n = character_length(p, end);

                if (at >= first)
                        used += copy_printable(d->source_line + used, p, n);
                p += n;
        }
        d->caret = d->column - first + 1;
        return 0;
}

int policy_diagnostics_add(PolicyDiagnostics *d, PolicySeverity severity, const char *file, unsigned line,
                unsigned column, const char *source, size_t source_size, const char *text) {
        PolicyDiagnostic *items, new = { .line = line, .column = column, .severity = severity };

        if (severity == POLICY_ERROR)
                d->n_errors++;
        if (d->n_items >= POLICY_DIAGNOSTICS_MAX)
                return 0;
        items = reallocarray(d->items, d->n_items + 1, sizeof(*items));
        if (!items)
                return -ENOMEM;
        d->items = items;
        new.file = printable(file);
        new.text = printable(text);
        if (!new.file || !new.text || (source && line > 0 && source_line_set(&new, source, source_size) < 0)) {
                policy_diagnostic_done(&new);
                return -ENOMEM;
        }
        d->items[d->n_items++] = new;
        return 0;
}

const PolicyDiagnostic *policy_diagnostics_first_error(const PolicyDiagnostics *d) {
        for (size_t i = 0; i < d->n_items; i++)
                if (d->items[i].severity == POLICY_ERROR)
                        return d->items + i;
        return NULL;
}

void policy_diagnostics_print(const PolicyDiagnostics *d, FILE *f) {
        for (size_t i = 0; i < d->n_items; i++) {
                const PolicyDiagnostic *item = d->items + i;

                fprintf(f, "%s:", item->file);
                if (item->line > 0)
                        fprintf(f, "%u:%u:", item->line, item->column);
                fprintf(f, " %s%s\n", item->severity == POLICY_WARNING ? "warning: " : "", item->text);
                if (item->source_line)
                        fprintf(f, "%s\n%*s^\n", item->source_line, (int) item->caret - 1, "");
        }
}

/* Optimal string alignment: insert, delete, replace, or swap two neighbours. */
static size_t edit_distance(const char *a, const char *b) {
        size_t rows[3][SUGGEST_LENGTH_MAX + 1], n = strlen(a), m = strlen(b);

        for (size_t j = 0; j <= m; j++)
                rows[0][j] = j;
        for (size_t i = 1; i <= n; i++) {
                size_t *row = rows[i % 3], *above = rows[(i + 2) % 3], *above2 = rows[(i + 1) % 3];

                row[0] = i;
                for (size_t j = 1; j <= m; j++) {
                        size_t replace = above[j - 1] + (a[i - 1] != b[j - 1]),
                               skip = MIN(above[j], row[j - 1]) + 1;

                        row[j] = MIN(replace, skip);
                        if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                                row[j] = MIN(row[j], above2[j - 2] + 1);
                }
        }
        return rows[n % 3][m];
}

const char *policy_suggest(const char *s, const char *const *names, size_t n) {
        const char *best = NULL;
        size_t best_distance = SIZE_MAX, length = strlen(s);

        if (length > SUGGEST_LENGTH_MAX)
                return NULL;
        for (size_t i = 0; i < n; i++) {
                size_t distance, shorter, allowed;

                if (!names[i] || strlen(names[i]) > SUGGEST_LENGTH_MAX)
                        continue;
                shorter = MIN(length, strlen(names[i]));
                distance = edit_distance(s, names[i]);
                allowed = MIN(shorter / 3, SUGGEST_DISTANCE_MAX);
                if (distance < best_distance && distance <= MAX(allowed, (size_t) 1)) {
                        best = names[i];
                        best_distance = distance;
                }
        }
        return best;
}
