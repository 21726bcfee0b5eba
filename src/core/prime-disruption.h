/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What setting an item does to the adapter it is set on, by driver. Of an unknown driver it is unknown for
 * every item that any known one restarts something for. */

#include "prime-plan.h"

/* driver: as in AdapterProfile.driver. feature: the feature's name for PRIME_FEATURES, otherwise ignored. */
PrimeDisruption prime_disruption_of(const char *driver, PrimeItemId item, const char *feature);
