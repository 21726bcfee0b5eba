/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the bond backend knows of its bond: which port is active, what stands in the way of moving it, its ports
 * and the addresses the network knows it by. */

#include <net/if.h>

#include "alloc-util.h"
#include "bond-internal.h"
#include "link-file.h"
#include "redirect-filter.h"

PairSide bond_view_side(const Bond *s, int ifindex) {
        for (PairSide side = 0; side < _PAIR_SIDE_MAX; side++)
                if (s->base.parameters.ifindex[side] == ifindex)
                        return side;
        return _PAIR_SIDE_INVALID;
}

/* --- what it does now, without waiting for anybody --- */

int bond_view_active(const Bond *s) {
        char name[IFNAMSIZ + 1] = "";

        if (!link_file_read(s->members.bond.name, "bonding/active_slave", name, sizeof(name)))
                return s->members.bond.active;
        return name[0] ? (int) if_nametoindex(name) : 0;
}

static bool read_open(const Bond *s) {
        char value[8];

        if (!link_file_read(s->members.bond.name, "bonding/all_slaves_active", value, sizeof(value)))
                return s->course.open;
        return value[0] == '1';
}

bool bond_view_lost_link(const Bond *s, PairSide side) {
        /* words of drivers/net/bonding: bonding_show_miimon(), bond_slave_link_status() */
        char interval[16], status[16];

        return link_file_read(s->members.bond.name, "bonding/miimon", interval, sizeof(interval)) &&
                        !streq(interval, "0") &&
                        link_file_read(s->base.name[side], "bonding_slave/mii_status", status,
                                        sizeof(status)) &&
                        streq(status, "down");
}

void bond_view_note(Bond *s, int active, bool open) {
        s->members.bond.active = active;
        s->course.active = bond_view_side(s, active);
        s->course.open = open;
        /* Opened by somebody else. */
        s->course.open_ever = open && !s->base.programs.config.undo_open;
        if (s->course.active == s->course.target.egress)
                s->course.takeover = s->course.ordered = false;
}

void bond_view_look(Bond *s) {
        bond_view_note(s, bond_view_active(s), read_open(s));
}

/* --- what stands in the way, what works against it --- */

/* Why traffic cannot be taken off a port without losing any. */
static const char *why_observed(unsigned mode) {
        return mode == BOND_BALANCE_TLB || mode == BOND_BALANCE_ALB
                        ? "peers know each port by an address of its own"
                        : "nothing tells the other end to leave a port whose link is up";
}

void bond_view_tell_obstacle(Bond *s) {
        const BondState *bond = &s->members.bond;

        s->base.steering.obstacle = (Error){};
        if (bond->mode != BOND_ACTIVE_BACKUP)
                error_set(&s->base.steering.obstacle, ERROR_NOT_SUPPORTED, -EOPNOTSUPP,
                                "%s is in mode %s, in which %s: it is only observed (active-backup can be "
                                "steered, "
                                "802.3ad drained)",
                                bond->name, bond_mode_to_string(bond->mode), why_observed(bond->mode));
        else if (s->members.n_others > REDIRECT_OTHERS_MAX)
                error_set(&s->base.steering.obstacle, ERROR_NOT_SUPPORTED, -E2BIG,
                                "%s has more ports than can be kept quiet while two of them change",
                                bond->name);
        else if (s->course.active == _PAIR_SIDE_INVALID)
                error_set(&s->base.steering.obstacle, ERROR_CONFLICT, -EBUSY,
                                "the active port of %s is %s, which is not of this pair: traffic stays there",
                                bond->name, bond_members_name(&s->members, bond->active));
}

static void say_conflict(Bond *s) {
        const BondState *bond = &s->members.bond;

        s->base.steering.conflict = (Error){};
        if (bond->mode == BOND_ACTIVE_BACKUP && bond->primary != 0)
                error_set(&s->base.steering.conflict, ERROR_CONFLICT, -EADDRINUSE,
                                "primary of %s is set to %s: the bond returns there by itself as soon as that "
                                "port has a link, good or not; unset it",
                                bond->name, bond_members_name(&s->members, bond->primary));
}

/* --- ports and addresses, from the kernel --- */

static size_t list_addresses(const Bond *s, const Identity *i, FilterAddress *list) {
        PairSide active = s->course.active < 0 ? SIDE_PRIMARY : s->course.active;
        size_t n = 0;

        for (size_t k = 0; k < i->n_addresses; k++) {
                /* The active port's filter is the bond's affair, save for an address that is not the bond's any
                 * more (BOND_MAC_ACTIVE): then the port which does not have it by itself. */
                PairSide filter = pair_side_other(active);

                if (ether_address_equal(&i->addresses[k], &s->members.port[filter].address))
                        filter = s->members.bond.fail_over_mac == BOND_MAC_ACTIVE ? active : _PAIR_SIDE_INVALID;
                list[n++] = (FilterAddress){ i->addresses[k], REDIRECT_ADDRESS_IDENTITY, filter };
        }
        for (PairSide side = 0; side < _PAIR_SIDE_MAX; side++)
                list[n++] = (FilterAddress){ i->station[side], REDIRECT_ADDRESS_STATION((unsigned) side),
                        side };
        for (size_t k = 0; k < i->n_groups; k++)
                list[n++] = (FilterAddress){ i->groups[k], REDIRECT_ADDRESS_GROUP, pair_side_other(active) };
        return n;
}

/* Addresses to maps, filters and frames. */
static int adopt_identity(Bond *s, const Identity *i, Error *e) {
        const size_t max = IDENTITY_ADDRESSES_MAX + _PAIR_SIDE_MAX + IDENTITY_GROUPS_MAX;
        _cleanup_free_ FilterAddress *list = new0(FilterAddress, max);
        int r;

        if (!list)
                return error_errno(e, -ENOMEM, "Cannot list the addresses of %s", s->members.bond.name);
        s->base.programs.config.bond = (uint32_t) s->members.bond.ifindex;
        r = steering_base_store_identity(&s->base, i, e);
        if (r >= 0)
                r = redirect_filter_apply_list(&s->base.programs, s->base.netlink, list,
                                list_addresses(s, i, list), i->ifindex, steering_base_names(&s->base), e);
        if (r >= 0)
                r = announcer_prepare(&s->base.announcer, i, e);
        return r;
}

int bond_view_read_ports(BondMembers *ret, Rtnetlink *n, const SteeringParameters *p, Error *e) {
        int r = bond_members_read(ret, n, p->ifindex, p->name, e);

        return r != 0 ? r : e ? e->code : -EOPNOTSUPP;
}

int bond_view_read_members(Bond *s, Error *e) {
        int r = bond_view_read_ports(&s->members, s->base.netlink, &s->base.parameters, e);

        if (r < 0)
                return r;
        bond_view_note(s, s->members.bond.active, s->members.bond.all_slaves_active);
        bond_view_tell_obstacle(s);
        say_conflict(s);
        return 0;
}

static int take_identity(Bond *s, const Identity *i, Error *e) {
        if (i->truncated)
                return error_set(e, ERROR_NOT_SUPPORTED, -E2BIG,
                                "%s, or a bridge on it, has more addresses, groups or devices than can be "
                                "steered",
                                s->members.bond.name);
        return adopt_identity(s, i, e);
}

int bond_view_read_identity(Bond *s, Error *e) {
        _cleanup_free_ Identity *i = NULL;
        int r = bond_identity_read(&i, s->base.netlink, &s->members, steering_base_names(&s->base), e);

        return r < 0 ? r : take_identity(s, i, e);
}

int bond_view_read(Bond *s, Error *e) {
        int r = bond_view_read_members(s, e);

        return r < 0 ? r : bond_view_read_identity(s, e);
}

int bond_view_ask(const SteeringParameters *p, SteeringReading **ret, Error *e) {
        _cleanup_(steering_reading_freep) SteeringReading *reading = NULL;
        _cleanup_(rtnetlink_freep) Rtnetlink *netlink = NULL;
        BondReading *b = new0(BondReading, 1);
        int r;

        if (!b)
                return error_errno(e, -ENOMEM, "Cannot read the bond of %s", p->name[SIDE_PRIMARY]);
        reading = &b->reading;
        r = rtnetlink_new(&netlink, e);
        if (r >= 0)
                r = bond_view_read_ports(&b->members, netlink, p, e);
        if (r >= 0 && b->members.bond.mode == BOND_ACTIVE_BACKUP)
                r = bond_identity_read(&reading->identity, netlink, &b->members, p->name, e);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(reading);
        return 0;
}

int bond_view_take(Bond *s, SteeringReading *reading, Error *e) {
        const BondReading *b = (const BondReading *) reading;

        s->members = b->members;
        /* which port is active, and whether the bond is open, may have changed since it was read */
        bond_view_look(s);
        bond_view_tell_obstacle(s);
        say_conflict(s);
        return s->observed || !reading->identity ? 0 : take_identity(s, reading->identity, e);
}
