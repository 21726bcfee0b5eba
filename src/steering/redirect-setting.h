/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* When an adapter loses its carrier the kernel forgets its neighbours (since 5.16 a setting) and
 * may take its routes out of use, and likewise for the devices on top of it. While traffic leaves by the
 * standby neither helps: the first request for a neighbour then goes out of the dead adapter, and is repeated
 * only a second later. So these settings are off while a pair is steered. Neighbours age as ever, hence a path
 * that is really dead is found out as before. What was on is in the pinned config before it is changed. */

#include "redirect-identity.h"
#include "redirect-programs.h"

/* For tests: pretend that no setting can be written. */
extern bool redirect_setting_read_only;

/* Turns off what is on, on the home adapter and every device on top, and back on what was turned off on devices
 * that are no longer part of the identity. Never fails: what could not be done goes to notice. */
void redirect_setting_apply(RedirectPrograms *r, Rtnetlink *n, Identity *i, Error *notice);

/* Back on with all of them; goes on after an error and returns the first. */
int redirect_setting_undo(RedirectPrograms *r, Rtnetlink *n, Error *e);

/* Whether the kernel will forget neighbours of that device; after redirect_setting_apply(). */
bool redirect_setting_forgets(const IdentityUpper *u);
