/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The text of a policy file to policies of pairs. Everything wrong is told with its place; nothing is guessed.
 */

#include "pair-policy.h"
#include "policy-diagnostics.h"

#define POLICY_PAIRS_MAX 1024 /* of all files together */

/* A pair as read, with the places that later files are checked against. */
typedef struct PolicyDraft {
        PairPolicy policy;
        unsigned adapter_line[_PAIR_SIDE_MAX];
} PolicyDraft;

typedef struct PolicyDrafts {
        PolicyDraft *items;
        size_t n_items;
} PolicyDrafts;

void policy_drafts_done(PolicyDrafts *d);

/* Reads size bytes of text (any bytes) of the file of that name and appends its pairs to drafts, which it may
 * not contradict: no pair twice, no adapter in two pairs. What is wrong goes to diagnostics; the drafts are
 * only to be used when no error was added. 0, or -ENOMEM. */
int policy_parse(const char *file, const char *text, size_t size, PolicyDrafts *drafts,
                PolicyDiagnostics *diagnostics);
