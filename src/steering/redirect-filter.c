/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>

#include <bpf/bpf.h>

#include "alloc-util.h"
#include "redirect-filter.h"
#include "redirect-vlan-filter.h"

static struct redirect_address key_of(EtherAddress a) {
        struct redirect_address key = {};

        memcpy(key.octet, a.octet, sizeof(key.octet));
        return key;
}

static uint32_t in_filter(PairSide side) {
        return REDIRECT_ADDRESS_IN_FILTER((unsigned) side);
}

/* An entry of an adapter's unicast or multicast list. */
static int filter_change(Rtnetlink *n, int type, int flags, int ifindex, const uint8_t octet[6]) {
        struct ndmsg head = {
                .ndm_family = AF_BRIDGE,
                .ndm_ifindex = ifindex,
                .ndm_state = NUD_PERMANENT,
                .ndm_flags = NTF_SELF,
        };
        _cleanup_(rtnetlink_message_freep) struct nl_msg *m = nlmsg_alloc_simple(type, flags);

        if (!m || nlmsg_append(m, &head, sizeof(head), NLMSG_ALIGNTO) < 0 ||
                        nla_put(m, NDA_LLADDR, 6, octet) < 0)
                return -ENOMEM;
        return rtnetlink_call(n, m);
}

static int let_in(RedirectPrograms *r, Rtnetlink *n, const FilterAddress *w, const int *ifindex,
                const char *const *names, Error *e) {
        struct redirect_address key = key_of(w->address);
        uint32_t value = w->kind | in_filter(w->filter);
        int k;

        if (bpf_map_update_elem(r->map[REDIRECT_MAP_ADDRESS], &key, &value, BPF_ANY) < 0)
                return error_errno(e, -errno, "Cannot note an address of %s", names[SIDE_PRIMARY]);
        k = filter_change(n, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_EXCL, ifindex[w->filter], w->address.octet);
        if (k == 0)
                return 0;
        /* Somebody else's, who will also remove it. */
        if (bpf_map_update_elem(r->map[REDIRECT_MAP_ADDRESS], &key, &w->kind, BPF_ANY) < 0)
                return error_errno(e, -errno, "Cannot note an address of %s", names[SIDE_PRIMARY]);
        if (k == -EEXIST)
                return 0;
        return error_set(e, ERROR_FAILED, k, "%s does not let in " ETHER_ADDRESS_FORMAT ": %s",
                        names[w->filter], ETHER_ADDRESS_ARGS(w->address), rtnetlink_words(n));
}

/* Out of the filters that it need no longer be in: the value that remains. */
static uint32_t leave_others(
                RedirectPrograms *r, Rtnetlink *n, const FilterAddress *w, uint32_t value, const int *ifindex) {
        struct redirect_address key = key_of(w->address);
        uint32_t remains = value;

        for (PairSide side = 0; side < _PAIR_SIDE_MAX; side++)
                if (side != w->filter && remains & in_filter(side)) {
                        (void) filter_change(n, RTM_DELNEIGH, 0, ifindex[side], key.octet);
                        remains &= ~in_filter(side);
                }
        if (remains != value)
                (void) bpf_map_update_elem(r->map[REDIRECT_MAP_ADDRESS], &key, &remains, BPF_ANY);
        return remains;
}

static int apply_one(RedirectPrograms *r, Rtnetlink *n, const FilterAddress *w, const int *ifindex,
                const char *const *names, Error *e) {
        struct redirect_address key = key_of(w->address);
        uint32_t value;
        bool found = bpf_map_lookup_elem(r->map[REDIRECT_MAP_ADDRESS], &key, &value) == 0;

        if (found)
                value = leave_others(r, n, w, value, ifindex);
        if (w->filter >= 0 && !(found && value == (w->kind | in_filter(w->filter))))
                return let_in(r, n, w, ifindex, names, e);
        if (w->filter >= 0 || (found && value == w->kind))
                return 0;
        if (bpf_map_update_elem(r->map[REDIRECT_MAP_ADDRESS], &key, &w->kind, BPF_ANY) < 0)
                return error_errno(e, -errno, "Cannot note an address of %s", names[SIDE_PRIMARY]);
        return 0;
}

static size_t list_wanted(const Identity *i, FilterAddress *list) {
        EtherAddress spare = i->link[SIDE_STANDBY].address;
        size_t n = 0;

        for (size_t k = 0; k < i->n_addresses; k++)
                list[n++] = (FilterAddress){ i->addresses[k], REDIRECT_ADDRESS_IDENTITY, SIDE_STANDBY };
        for (PairSide side = 0; side < _PAIR_SIDE_MAX; side++)
                list[n++] = (FilterAddress){ i->station[side], REDIRECT_ADDRESS_STATION((unsigned) side),
                        side };
        list[n++] = (FilterAddress){ spare, REDIRECT_ADDRESS_SPARE, _PAIR_SIDE_INVALID };
        for (size_t k = 0; k < i->n_groups; k++)
                list[n++] = (FilterAddress){ i->groups[k], REDIRECT_ADDRESS_GROUP, SIDE_STANDBY };
        return n;
}

#define WANTED_MAX (IDENTITY_ADDRESSES_MAX + IDENTITY_GROUPS_MAX + 3)

static void take_out(RedirectPrograms *r, Rtnetlink *n, const struct redirect_address *key, uint32_t value,
                const int *ifindex) {
        for (PairSide side = 0; side < _PAIR_SIDE_MAX; side++)
                if (value & in_filter(side)) /* gone already is as good */
                        (void) filter_change(n, RTM_DELNEIGH, 0, ifindex[side], key->octet);
        (void) bpf_map_delete_elem(r->map[REDIRECT_MAP_ADDRESS], key);
}

/* Removes from map and filters whatever is not in the list. */
static void remove_others(RedirectPrograms *r, Rtnetlink *n, const FilterAddress *list, size_t n_list,
                const int *ifindex) {
        struct redirect_address key, next, *from = NULL;
        bool more;

        for (more = bpf_map_get_next_key(r->map[REDIRECT_MAP_ADDRESS], NULL, &next) == 0; more;) {
                uint32_t value;
                size_t k = 0;

                key = next;
                from = &key;
                more = bpf_map_get_next_key(r->map[REDIRECT_MAP_ADDRESS], from, &next) == 0;
                while (k < n_list && memcmp(list[k].address.octet, key.octet, sizeof(key.octet)) != 0)
                        k++;
                if (k == n_list && bpf_map_lookup_elem(r->map[REDIRECT_MAP_ADDRESS], &key, &value) == 0)
                        take_out(r, n, &key, value, ifindex);
        }
}

/* IPv6 makes a link-local address when an adapter comes up; the spare must not have one to speak from. */
static int set_addr_gen_mode(Rtnetlink *n, int ifindex, uint8_t mode) {
        struct ifinfomsg head = { .ifi_index = ifindex };
        _cleanup_(rtnetlink_message_freep) struct nl_msg *m = nlmsg_alloc_simple(RTM_NEWLINK, 0);
        struct nlattr *families, *inet6;

        if (!m || nlmsg_append(m, &head, sizeof(head), NLMSG_ALIGNTO) < 0 ||
                        !(families = nla_nest_start(m, IFLA_AF_SPEC)) ||
                        !(inet6 = nla_nest_start(m, AF_INET6)) ||
                        nla_put_u8(m, IFLA_INET6_ADDR_GEN_MODE, mode) < 0)
                return -ENOMEM;
        nla_nest_end(m, inet6);
        nla_nest_end(m, families);
        return rtnetlink_call(n, m);
}

static int silence_inet6(RedirectPrograms *r, Rtnetlink *n, const Identity *i, const char *name, Error *e) {
        const IdentityLink *spare = &i->link[SIDE_STANDBY];
        int k;

        if (!spare->has_inet6 || spare->addr_gen_mode == IN6_ADDR_GEN_MODE_NONE)
                return 0;
        r->config.undo_addr_gen_mode = (uint32_t) spare->addr_gen_mode + 1;
        k = redirect_programs_store_config(r, e);
        if (k < 0)
                return k;
        k = set_addr_gen_mode(n, i->ifindex[SIDE_STANDBY], IN6_ADDR_GEN_MODE_NONE);
        if (k < 0)
                return error_set(e, ERROR_FAILED, k, "Cannot stop %s from making IPv6 addresses: %s", name,
                                rtnetlink_words(n));
        return 0;
}

int redirect_filter_apply_list(RedirectPrograms *r, Rtnetlink *n, const FilterAddress *list, size_t n_list,
                const int *ifindex, const char *const *names, Error *e) {
        int k = 0;

        remove_others(r, n, list, n_list, ifindex);
        for (size_t l = 0; k >= 0 && l < n_list; l++)
                k = apply_one(r, n, &list[l], ifindex, names, e);
        return k;
}

int redirect_filter_apply(
                RedirectPrograms *r, Rtnetlink *n, const Identity *i, const char *const *names, Error *e) {
        _cleanup_free_ FilterAddress *list = new0(FilterAddress, WANTED_MAX);
        int k;

        if (!list)
                return error_errno(e, -ENOMEM, "Cannot list the addresses of %s", names[SIDE_PRIMARY]);
        k = redirect_filter_apply_list(r, n, list, list_wanted(i, list), i->ifindex, names, e);
        if (k >= 0)
                k = silence_inet6(r, n, i, names[SIDE_STANDBY], e);
        if (k >= 0)
                k = redirect_vlan_filter_open(r, n, i, names[SIDE_STANDBY], e);
        return k;
}

int redirect_filter_undo(RedirectPrograms *r, Rtnetlink *n, const SteeringParameters *p, Error *e) {
        int result = 0, k;

        remove_others(r, n, NULL, 0, p->ifindex);
        if (r->config.undo_addr_gen_mode) {
                k = set_addr_gen_mode(
                                n, p->ifindex[SIDE_STANDBY], (uint8_t) (r->config.undo_addr_gen_mode - 1));
                if (k < 0 && k != -ENODEV)
                        result = error_set(e, ERROR_FAILED, k, "Cannot let %s make IPv6 addresses again: %s",
                                        p->name[SIDE_STANDBY], rtnetlink_words(n));
        }
        k = redirect_vlan_filter_close(r, n, p, result < 0 ? NULL : e);
        return result < 0 ? result : k;
}

void redirect_filter_forget(RedirectPrograms *r, PairSide side) {
        struct redirect_address key, *from = NULL;

        while (bpf_map_get_next_key(r->map[REDIRECT_MAP_ADDRESS], from, &key) == 0) {
                uint32_t value;

                from = &key;
                if (bpf_map_lookup_elem(r->map[REDIRECT_MAP_ADDRESS], &key, &value) == 0 &&
                                value & in_filter(side)) {
                        value &= ~in_filter(side);
                        (void) bpf_map_update_elem(r->map[REDIRECT_MAP_ADDRESS], &key, &value, BPF_ANY);
                }
        }
        if (side == SIDE_STANDBY)
                r->config.undo_addr_gen_mode = r->config.undo_vlan_filter = 0;
        r->config.undo_clsact[side] = 0;
}
