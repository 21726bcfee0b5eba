/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any bytes as a policy file: never a crash, and what is accepted is printed so that it reads back as the same.
 */

#include <stdlib.h>

#include "alloc-util.h"
#include "policy-format.h"
#include "policy-parser.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool good, const char *what) {
        if (good)
                return;
        fprintf(stderr, "%s\n", what);
        abort();
}

static char *print(const PolicyDrafts *drafts, size_t *ret_size) {
        char *text = NULL;
        FILE *f = open_memstream(&text, ret_size);
        _cleanup_free_ PairPolicy *policies = new0(PairPolicy, drafts->n_items + 1);

        for (size_t i = 0; i < drafts->n_items; i++)
                policies[i] = drafts->items[i].policy;
        policy_format(f, policies, drafts->n_items);
        fclose(f);
        return text;
}

static void check_round_trip(const PolicyDrafts *drafts) {
        _cleanup_(policy_diagnostics_done) PolicyDiagnostics diagnostics = {};
        _cleanup_(policy_drafts_done) PolicyDrafts again = {};
        _cleanup_free_ char *text = NULL;
        size_t size;

        text = print(drafts, &size);
        check(policy_parse("again", text, size, &again, &diagnostics) == 0, "out of memory");
        policy_diagnostics_print(&diagnostics, stderr);
        check(diagnostics.n_errors == 0, "what was printed is refused");
        check(again.n_items == drafts->n_items, "another number of pairs");
        for (size_t i = 0; i < again.n_items; i++)
                check(pair_policy_equal(&again.items[i].policy, &drafts->items[i].policy), "another policy");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        _cleanup_(policy_diagnostics_done) PolicyDiagnostics diagnostics = {};
        _cleanup_(policy_drafts_done) PolicyDrafts drafts = {};
        _cleanup_free_ char *text = NULL;
        size_t text_size;
        FILE *f;

        check(policy_parse("fuzz", (const char *) data, size, &drafts, &diagnostics) == 0, "out of memory");
        f = open_memstream(&text, &text_size);
        policy_diagnostics_print(&diagnostics, f);
        fclose(f);
        for (size_t i = 0; i < text_size; i++)
                check(text[i] == '\n' || ((unsigned char) text[i] >= 0x20 && text[i] != 0x7f),
                                "unprintable message");
        check(diagnostics.n_errors <= POLICY_ERRORS_PER_FILE ||
                                        diagnostics.n_items == POLICY_ERRORS_PER_FILE + 1,
                        "too many messages");
        if (diagnostics.n_errors == 0 && size <= 16384)
                check_round_trip(&drafts);
        return 0;
}
