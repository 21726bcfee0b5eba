/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* XDP programs: the one that the serving adapter runs, by its id, is attached to the spare too. */

#include "adapter-profile.h"
#include "netlink-socket.h"

/* Attaches the program whose id is the change's value the way its attribute names (ATTRIBUTE_XDP_*), 0 takes
 * off what is there. -EOPNOTSUPP when the program cannot be had, belongs to a device, or the driver takes none.
 */
int adapter_xdp_write(NetlinkSocket *route, int ifindex, const AdapterChange *change, Error *e);
