/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* manager.h and pair.h over a small model in memory, for tests of the bus and of primectl: linked instead of
 * the daemon. Nothing is measured or moved; moves take 20 ms. The pairs and what they are for:
 *
 *      lan     protected, primed; everything succeeds
 *      san     the serving adapter shows early signs
 *      far     absent adapters: moves are NotReady
 *      busy    every request is Busy
 *      bad     a switch ends with SwitchFailed, a drill with a lost packet
 *      back    a switch ends with Reverted
 *      slow    a request is never answered while the manager lives
 *      tmp     comes and goes with every reload
 *
 * A reload fails while a file "broken" lies in the first policy directory. */

#include "manager.h"
