/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The default gateways behind an adapter: what `probe: {targets: [gateway]}` means. */

#include "error.h"
#include "pair-policy.h"

/* IPv4 and IPv6 gateways of default routes through ifindex, each once, at most size; returns how many, or
 * negative. One RTM_GETROUTE dump per family, filtered by the kernel where it can (strict checking,
 * Linux 4.20).
 */
int probe_gateway_read(int ifindex, ProbeTarget *targets, size_t size, Error *e);
