/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The steering of a World's pair: where its traffic is, and how fast it follows, is as the test says. */

#include "pair-world.h"

/* NULL without memory. */
Steering *world_steering_new(World *w);
