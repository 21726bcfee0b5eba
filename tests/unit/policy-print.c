/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the tests of the policy files under policies/ print: `keys` the parser's rows, `check FILE...` what is
 * wrong with files, `cat FILE...` the policies in effect. */

#include <stdlib.h>

#include "policy-format.h"
#include "policy-set.h"

int main(int argc, char *argv[]) {
        _cleanup_(policy_diagnostics_done) PolicyDiagnostics diagnostics = {};
        _cleanup_(policy_set_freep) PolicySet *set = NULL;
        int r;

        if (argc == 2 && streq(argv[1], "keys")) {
                policy_keys_dump(stdout);
                return EXIT_SUCCESS;
        }
        if (argc < 3 || (!streq(argv[1], "check") && !streq(argv[1], "cat"))) {
                fprintf(stderr, "usage: %s keys | check FILE... | cat FILE...\n", argv[0]);
                return 2;
        }
        r = policy_set_load_files((const char *const *) argv + 2, (size_t) argc - 2, &set, &diagnostics);
        policy_diagnostics_print(&diagnostics, stdout);
        if (r >= 0 && streq(argv[1], "cat"))
                policy_format(stdout, set->policies, set->n_policies);
        return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
