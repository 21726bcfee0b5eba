/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Parameters of an adapter's device as the generic netlink family "devlink" tells them, to ATTRIBUTE_DEVLINK:
 * an entry for each, its name the parameter's, its place where the value is kept (DEVLINK_PARAM_CMODE_*: in
 * force, after the next reload of the driver, in the device's own memory), its value as text. Read only. No
 * socket. */

#include <netlink/msg.h>

#include "adapter-profile.h"

/* Appends the generic netlink header of a request for all parameters of all devices, to be sent as a dump. */
int devlink_codec_put_get(struct nl_msg *m);

/* Takes the attributes of a reply (what follows the generic netlink header) into the profile, when it is of
 * that device ("pci", "0000:3b:00.0"). -EBADMSG for what no kernel sends; any bytes are safe, in memory aligned
 * to 4. */
int devlink_codec_parse(
                const void *attributes, size_t size, const char *bus, const char *device, AdapterProfile *p);
