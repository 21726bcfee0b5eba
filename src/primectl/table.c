/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdarg.h>
#include <stdio.h>
#include <wchar.h>

#include "alloc-util.h"
#include "table.h"

#define COLUMNS_MAX 16

typedef struct Cell {
        char *text;
        TermColour colour;
        unsigned width;
} Cell;

struct Table {
        size_t n_columns;
        bool right[COLUMNS_MAX];
        Cell *cells; /* the headings are the first row */
        size_t n_cells, allocated;
};

/* Columns on the terminal; what is not printable counts as one, since it is printed as '?'. */
static unsigned text_width(const char *s) {
        mbstate_t state = {};
        unsigned width = 0;

        while (*s) {
                wchar_t c;
                size_t n = mbrtowc(&c, s, strlen(s), &state);
                int w;

                if (n == (size_t) -1 || n == (size_t) -2 || n == 0) {
                        state = (mbstate_t){};
                        n = 1;
                        w = 1;
                } else
                        w = wcwidth(c);
                width += w > 0 ? (unsigned) w : w == 0 ? 0 : 1;
                s += n;
        }
        return width;
}

Table *table_new(const char *const *headings, size_t n_columns) {
        Table *t;

        assert(n_columns > 0 && n_columns <= COLUMNS_MAX);
        t = new0(Table, 1);
        if (!t)
                return NULL;
        t->n_columns = n_columns;
        for (size_t i = 0; i < n_columns; i++) {
                t->right[i] = headings[i][0] == '>';
                if (table_add(t, TERM_PLAIN, headings[i] + t->right[i]) < 0)
                        return table_free(t);
        }
        return t;
}

Table *table_free(Table *t) {
        if (!t)
                return NULL;
        for (size_t i = 0; i < t->n_cells; i++)
                free(t->cells[i].text);
        free(t->cells);
        free(t);
        return NULL;
}

int table_add(Table *t, TermColour colour, const char *text) {
        Cell *c;

        if (t->n_cells == t->allocated) {
                size_t n = MAX(t->allocated * 2, (size_t) 64);
                Cell *cells = reallocarray(t->cells, n, sizeof(Cell));

                if (!cells)
                        return -ENOMEM;
                t->cells = cells;
                t->allocated = n;
        }
        c = &t->cells[t->n_cells];
        *c = (Cell){ .text = strdup(text ?: "-"), .colour = colour };
        if (!c->text)
                return -ENOMEM;
        for (char *p = c->text; *p; p++)
                if ((unsigned char) *p < ' ' || *p == 0x7f)
                        *p = '?';
        c->width = text_width(c->text);
        t->n_cells++;
        return 0;
}

int table_addf(Table *t, TermColour colour, const char *format, ...) {
        _cleanup_free_ char *text = NULL;
        va_list ap;
        int r;

        va_start(ap, format);
        r = vasprintf(&text, format, ap);
        va_end(ap);
        if (r < 0) {
                text = NULL;
                return -ENOMEM;
        }
        return table_add(t, colour, text);
}

static void cell_print(const Cell *c, unsigned width, bool right, bool last) {
        int padding = (int) (width - c->width);

        if (right)
                printf("%*s", padding, "");
        if (c->colour != TERM_PLAIN)
                printf("%s%s%s", term_colour(c->colour), c->text, term_colour(TERM_PLAIN));
        else
                fputs(c->text, stdout);
        if (!right && !last)
                printf("%*s", padding, "");
}

void table_print(const Table *t, bool headings) {
        unsigned width[COLUMNS_MAX] = {};
        size_t first = headings ? 0 : t->n_columns;

        for (size_t i = first; i < t->n_cells; i++)
                width[i % t->n_columns] = MAX(width[i % t->n_columns], t->cells[i].width);
        for (size_t i = first; i < t->n_cells; i++) {
                size_t column = i % t->n_columns;
                bool last = column == t->n_columns - 1;

                cell_print(&t->cells[i], width[column], t->right[column], last);
                putchar(last ? '\n' : ' ');
        }
}
