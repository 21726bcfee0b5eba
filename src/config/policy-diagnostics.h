/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What is wrong with policy files, for people: where, what, the line itself, and a caret under the place. */

#include <errno.h>
#include <stdio.h>

#include "macro.h"

#define POLICY_ERRORS_PER_FILE 16  /* more say nothing new; the file must be read again anyway */
#define POLICY_DIAGNOSTICS_MAX 256 /* of one load */

typedef enum PolicySeverity {
        POLICY_ERROR,   /* the whole load is refused */
        POLICY_WARNING, /* told, nothing else */
        _POLICY_SEVERITY_MAX,
        _POLICY_SEVERITY_INVALID = -EINVAL,
} PolicySeverity;

const char *policy_severity_to_string(PolicySeverity s);

typedef struct PolicyDiagnostic {
        char *file;
        unsigned line, column; /* from 1, columns in characters; 0: not about a place in the file */
        PolicySeverity severity;
        char *text;        /* one line, printable */
        char *source_line; /* printable, cut around the place when long; NULL: not about a line */
        unsigned caret;    /* column in source_line, from 1 */
} PolicyDiagnostic;

typedef struct PolicyDiagnostics {
        PolicyDiagnostic *items;
        size_t n_items;
        size_t n_errors;
} PolicyDiagnostics;

void policy_diagnostics_done(PolicyDiagnostics *d);

/* Adds one about the given place. source is the text of the file, which the line is taken from; NULL: none.
 * Beyond POLICY_DIAGNOSTICS_MAX only counts. 0, or -ENOMEM. */
int policy_diagnostics_add(PolicyDiagnostics *d, PolicySeverity severity, const char *file, unsigned line,
                unsigned column, const char *source, size_t source_size, const char *text);

/* The first error, or NULL. */
const PolicyDiagnostic *policy_diagnostics_first_error(const PolicyDiagnostics *d);

/* Prints "file:line:column: text" (a warning says so), the line and a caret, for each. */
void policy_diagnostics_print(const PolicyDiagnostics *d, FILE *f);

/* The one of n names (NULLs are skipped) that was probably meant by s: at most a third of its characters,
 * and three, differ; a swap of neighbours counting once. NULL when none is that close. */
const char *policy_suggest(const char *s, const char *const *names, size_t n);
