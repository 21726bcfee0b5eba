/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A replay as an SVG picture: states, risk, and the signal that gave the adapter away, over one time axis. */

#include "error.h"
#include "replay-series.h"

/* Replaces the file. */
int replay_picture_write(const ReplaySeries *s, const char *file, Error *e);

/* The signal the picture shows: of the first alarm, else of the first warning; _SIGNAL_INVALID: of none. */
Signal replay_picture_signal(const ReplaySeries *s);
