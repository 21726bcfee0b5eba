/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* VLANs and macvlans on top of the primary. The kernel takes their carrier away with the primary's, and then
 * drops what they send before it comes to the primary's egress, from where it would leave by the standby. So
 * each of them has a program of ours on its own egress, above its queue, which hands over to the device below
 * while egress is on the standby (redirect.bpf.c, egress_upper()). What they receive needs no carrier. */

#include "redirect-identity.h"
#include "redirect-programs.h"

/* Brings map and programs in line with the identity; forgets devices that are gone. After
 * redirect_programs_attach(). Never fails: what could not be done goes to notice. */
void redirect_uppers_apply(RedirectPrograms *r, const Identity *i, Error *notice);

/* Takes the programs off all of them; goes on after an error and returns the first. While the maps are pinned.
 */
int redirect_uppers_undo(RedirectPrograms *r, Error *e);
