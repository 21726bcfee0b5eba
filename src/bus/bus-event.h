/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Events on the bus, the same that go to the journal. */

#include <systemd/sd-bus.h>

#include "journal.h"

/* Manager.Event. */
void bus_event_emit(sd_bus *bus, const Event *event);
