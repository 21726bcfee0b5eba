/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Messages of the kernel's generic netlink family "ethtool" to and from values: one const table per message
 * (Documentation/networking/ethtool-netlink.rst). No socket. The numbers of attributes newer than the headers
 * this is built with are kept here; whether a kernel knows them is the kernel's to say, in what it answers. */

#include <netlink/msg.h>

#include "adapter-profile.h"

/* Appends the generic netlink header and the attribute that names the adapter, which every request begins with.
 * flags: ETHTOOL_FLAG_*. -EMSGSIZE. */
int ethtool_codec_put_header(struct nl_msg *m, uint8_t command, int ifindex, uint32_t flags);

/* Whether the item travels in ethtool messages. */
bool ethtool_codec_has(PrimeItemId item);

/* Appends the generic netlink header and the attributes of a request to read the item of an adapter. */
int ethtool_codec_put_get(struct nl_msg *m, PrimeItemId item, int ifindex);

/* As above, to write: all changes (at least one) are of one item, which is not PRIME_WAKE_ON_LAN. -EOPNOTSUPP
 * when one of them cannot be carried, -ERANGE, -EMSGSIZE. */
int ethtool_codec_put_set(struct nl_msg *m, int ifindex, const AdapterChange *changes, size_t n);

/* Takes the attributes of a reply (what follows the generic netlink header) into the profile. What the kernel
 * did not say stays as it is there, so clear the item first. -EBADMSG for what no kernel sends; any bytes are
 * safe, in memory aligned to 4. */
int ethtool_codec_parse(PrimeItemId item, const void *attributes, size_t size, AdapterProfile *p);
