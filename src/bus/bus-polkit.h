/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Who may do what: root and the daemon's own user always, others if polkit says so. All questions are
 * asynchronous (sd_bus_query_sender_privilege() would stop the loop until the bus answers), and root needs no
 * polkit to be installed. */

#include "bus-call.h"

/* Goes on with bus_call_run() once authorized, or answers with AccessDenied or
 * InteractiveAuthorizationRequired. Takes the call in any case. 1, for the handler to return. */
int bus_authorize(BusCall *c);
