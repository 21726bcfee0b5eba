/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Whatever a backend has done to the kernel, taken back: by the record in the pinned maps, so that either
 * backend can clear what the other one, or an earlier process, has left. */

#include "redirect-programs.h"
#include "rtnetlink.h"

/* Goes on after an error and returns the first; devices that are gone are none. The maps stay open. */
int steering_undo(RedirectPrograms *r, Rtnetlink *n, const SteeringParameters *p, Error *e);
