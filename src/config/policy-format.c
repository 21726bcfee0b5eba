/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy-format.h"

#include <inttypes.h>

#include "policy-key.h"

#define INDENT_PAIR 4

static void format_keys(FILE *f, const PolicyKey *keys, const PairPolicy *p, int indent) {
        for (const PolicyKey *k = keys; k->key; k++) {
                fprintf(f, "%*s%s:", indent, "", k->key);
                if (k->keys) {
                        fputc('\n', f);
                        format_keys(f, k->keys, p, indent + 2);
                } else {
                        if (k->type != &policy_type_signals)
                                fputc(' ', f);
                        k->type->format(f, k, (const char *) p + k->offset);
                        fputc('\n', f);
                }
        }
}

/* A file's name is any bytes; a YAML comment is not. */
static void write_comment(FILE *f, const char *text) {
        for (const char *p = text; *p; p++)
                fputc(*p >= 0x20 && *p < 0x7f ? *p : '?', f);
}

void policy_format(FILE *f, const PairPolicy *policies, size_t n) {
        fprintf(f, "pairs:%s\n", n == 0 ? " {}" : "");
        for (size_t i = 0; i < n; i++) {
                const PairPolicy *p = policies + i;

                fputs("  # ", f);
                write_comment(f, p->file);
                fprintf(f, ":%u\n  ", p->line);
                policy_text_write(f, p->name);
                fputs(":\n", f);
                format_keys(f, policy_pair_keys, p, INDENT_PAIR);
        }
}

static void dump_keys(FILE *f, const PolicyKey *keys, const char *prefix) {
        for (const PolicyKey *k = keys; k->key; k++) {
                const char *choice;

                fprintf(f, "%s%s %s %" PRIu64 " %" PRIu64, prefix, k->key, k->type->name, k->min, k->max);
                for (size_t i = 0; k->type->choice && (choice = k->type->choice(i)); i++)
                        fprintf(f, " %s", choice);
                fputc('\n', f);
                if (k->keys) {
                        char inner[64];

                        snprintf(inner, sizeof(inner), "%s%s.", prefix, k->key);
                        dump_keys(f, k->keys, inner);
                }
        }
}

void policy_keys_dump(FILE *f) {
        dump_keys(f, policy_pair_keys, "");
}
