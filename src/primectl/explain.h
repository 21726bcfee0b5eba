/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Why a pair is as it is, in words. */

#include "ctl.h"

/* An exit code. */
int explain_pair(Ctl *c, const char *path);
