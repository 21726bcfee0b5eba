/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* How primed's own classifiers are told from others' on a clsact qdisc, where the kernel takes no TCX links:
 * behind others' first one, under a handle nobody picks. */

#define OWN_FILTER_PRIORITY 2
#define OWN_FILTER_HANDLE   0x7072
