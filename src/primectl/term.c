/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <langinfo.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "term.h"

static bool has_colour, has_utf8;

static const char *const colours[_TERM_COLOUR_MAX] = {
        [TERM_PLAIN] = "\033[0m",
        [TERM_GOOD] = "\033[32m",
        [TERM_WARN] = "\033[33m",
        [TERM_BAD] = "\033[31m",
        [TERM_FAINT] = "\033[90m",
        [TERM_BOLD] = "\033[1m",
};

static const struct {
        const char *utf8, *ascii;
        TermColour colour;
} marks[_TERM_MARK_MAX] = {
        [TERM_MARK_GOOD] = { "●", "*", TERM_GOOD },
        [TERM_MARK_WARN] = { "▲", "!", TERM_WARN },
        [TERM_MARK_BAD] = { "×", "x", TERM_BAD },
        [TERM_MARK_ABSENT] = { "○", "o", TERM_FAINT },
};

bool term_is_tty(void) {
        return isatty(STDOUT_FILENO);
}

void term_init(void) {
        const char *setting = getenv("SYSTEMD_COLORS"), *no_colour = getenv("NO_COLOR"), *term = getenv("TERM");

        if (setting)
                has_colour = !streq(setting, "0") && !streq(setting, "no") && !streq(setting, "false");
        else if (no_colour && *no_colour)
                has_colour = false;
        else
                has_colour = term_is_tty() && term && !streq(term, "dumb");
        has_utf8 = streq(nl_langinfo(CODESET), "UTF-8");
}

bool term_is_utf8(void) {
        return has_utf8;
}

void term_size(unsigned *ret_columns, unsigned *ret_lines) {
        struct winsize size = {};

        if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_col == 0 || size.ws_row == 0)
                size = (struct winsize){ .ws_col = 80, .ws_row = 24 };
        *ret_columns = size.ws_col;
        *ret_lines = size.ws_row;
}

const char *term_colour(TermColour c) {
        return has_colour ? colours[c] : "";
}

const char *term_mark(TermMark m) {
        return has_utf8 ? marks[m].utf8 : marks[m].ascii;
}

TermColour term_mark_colour(TermMark m) {
        return marks[m].colour;
}

const char *term_arrow(void) {
        return has_utf8 ? "→" : "->";
}

const char *term_sparkline(const double *values, size_t n, double low, double high, char *buffer) {
        static const char ascii[] = " .:-=+*#";
        char *p = buffer;

        for (size_t i = 0; i < n; i++) {
                double share = high > low ? (values[i] - low) / (high - low) : 0;
                unsigned level = share <= 0 ? 0 : share >= 1 ? 7 : (unsigned) (share * 7 + 0.5);

                if (has_utf8) { /* U+2581 + level is E2 96 81+level */
                        *p++ = (char) 0xe2;
                        *p++ = (char) 0x96;
                        *p++ = (char) (0x81 + level);
                } else
                        *p++ = ascii[level];
        }
        *p = 0;
        return buffer;
}
