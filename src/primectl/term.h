/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the terminal can show: colour, and characters beyond ASCII. Nothing is ever said by colour alone. */

#include "macro.h"

typedef enum TermColour {
        TERM_PLAIN,
        TERM_GOOD,  /* green */
        TERM_WARN,  /* yellow */
        TERM_BAD,   /* red */
        TERM_FAINT, /* grey */
        TERM_BOLD,
        _TERM_COLOUR_MAX,
} TermColour;

/* How a pair or adapter is, as one character. */
typedef enum TermMark {
        TERM_MARK_GOOD,   /* ● */
        TERM_MARK_WARN,   /* ▲ */
        TERM_MARK_BAD,    /* × */
        TERM_MARK_ABSENT, /* ○ */
        _TERM_MARK_MAX,
} TermMark;

/* Looks at NO_COLOR (no-color.org), SYSTEMD_COLORS, TERM and whether stdout is a terminal; setlocale() was
 * called before. */
void term_init(void);

bool term_is_tty(void);
bool term_is_utf8(void);

/* Columns and lines of the terminal, 80 and 24 when there is none. */
void term_size(unsigned *ret_columns, unsigned *ret_lines);

/* The escape sequence that begins a colour, or "". TERM_PLAIN ends any. */
const char *term_colour(TermColour c);

const char *term_mark(TermMark m);
TermColour term_mark_colour(TermMark m);

/* "→" or "->". */
const char *term_arrow(void);

/* Writes n values between low and high as U+2581..U+2588, or " .:-=+*#"; buffer must hold 3 * n + 1 bytes.
 * Returns buffer. */
const char *term_sparkline(const double *values, size_t n, double low, double high, char *buffer);
