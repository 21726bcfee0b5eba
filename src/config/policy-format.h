/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Policies back to YAML, for `primectl cat` and for people who want to see what is in effect. */

#include <stdio.h>

#include "pair-policy.h"

/* Writes a whole policy file of n pairs with every key, defaults included, and where each pair comes from. It
 * reads back as equal policies. */
void policy_format(FILE *f, const PairPolicy *policies, size_t n);

/* Writes the rows of the parser, one per line: "path type min max choice choice ...". The test of the JSON
 * Schema compares these. */
void policy_keys_dump(FILE *f);
