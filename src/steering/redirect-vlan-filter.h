/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The standby's filter of VLANs. An adapter that has one lets in only the VLANs that there is a device for on
 * top of it (net/8021q/vlan_core.c vlan_vid_add()), and the devices are on the primary. So the filter is turned
 * off; or, with a driver that cannot (igb), each VLAN gets a device on the standby that is never up and has no
 * use but its entry. It is known as ours by its name, so that any later process finds it. */

#include "redirect-identity.h"
#include "redirect-programs.h"

#define VLAN_DEVICE_PREFIX "primed" /* and a number */

/* Lets in the outermost tags of the primary's VLANs, and no longer those that are gone. name: the standby's. */
int redirect_vlan_filter_open(RedirectPrograms *r, Rtnetlink *n, const Identity *i, const char *name, Error *e);

/* As it was; goes on after an error and returns the first. */
int redirect_vlan_filter_close(RedirectPrograms *r, Rtnetlink *n, const SteeringParameters *p, Error *e);
