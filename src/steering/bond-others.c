/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bond-others.h"

int bond_others_apply(RedirectPrograms *r, const BondPort *ports, size_t n, Error *e) {
        return 0;
}

void bond_others_remove(RedirectPrograms *r) {
}
