/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The ports of a bond that are not of the pair: left alone, but for a program that keeps them quiet while the
 * bond takes frames from all its ports. */

#include "bond-identity.h"
#include "redirect-programs.h"

/* Attaches the program to these and removes it from others that had it. */
int bond_others_apply(RedirectPrograms *r, const BondPort *ports, size_t n, Error *e);

/* From all. */
void bond_others_remove(RedirectPrograms *r);
