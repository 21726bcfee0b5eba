/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* All policies of a host, from drop-in directories as systemd has them: files are taken in the order of their
 * names over all directories, a file hides those of the same name in later directories, and an empty file or a
 * symlink to /dev/null hides them without putting anything in their place. `defaults` of a file apply to the
 * pairs of that file only, so that no file changes what another one says. All or nothing: one error refuses the
 * set. */

#include "pair-policy.h"
#include "policy-diagnostics.h"

typedef struct PolicySet {
        PairPolicy *policies; /* by file name, then as in the file */
        size_t n_policies;
        char **files; /* read, masked ones not */
        size_t n_files;
} PolicySet;

PolicySet *policy_set_free(PolicySet *s);
DEFINE_CLEANUP(PolicySet *, policy_set_free);

/* /etc/primed/policy.d, /run, /usr/local/lib, /usr/lib, and NULL. The first wins. */
extern const char *const policy_directories[];

/* Reads every *.yaml of the directories (NULL-terminated; those that do not exist are skipped). 0, -EBADMSG
 * when a policy is wrong or cannot be read, -ENOMEM. ret_diagnostics gets what was found, warnings also on
 * success; it need not be initialised and is the caller's to policy_diagnostics_done() whatever is returned.
 * ret is untouched on failure. */
int policy_set_load(const char *const *directories, PolicySet **ret, PolicyDiagnostics *ret_diagnostics);

/* The same for n files that are named, in the order given, whatever they are called. */
int policy_set_load_files(
                const char *const *files, size_t n, PolicySet **ret, PolicyDiagnostics *ret_diagnostics);

/* The same for one. */
int policy_set_load_file(const char *file, PolicySet **ret, PolicyDiagnostics *ret_diagnostics);

/* The pair of that name, or NULL. */
const PairPolicy *policy_set_find(const PolicySet *s, const char *name);
