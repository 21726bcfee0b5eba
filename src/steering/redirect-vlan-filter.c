/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>

#include "adapter-feature.h"
#include "alloc-util.h"
#include "redirect-vlan-filter.h"

/* By the protocol of the outermost tag; a place in the table is a bit of redirect_config.undo_vlan_filter. */
static const struct {
        uint16_t protocol;
        const char *feature;
} filters[] = {
        { ETH_P_8021Q, "rx-vlan-filter" },
        { ETH_P_8021AD, "rx-vlan-stag-filter" },
};

static bool has_protocol(const Identity *i, uint16_t protocol) {
        for (size_t u = 0; u < i->n_uppers; u++) {
                const FrameTag *tag = identity_outermost_tag(&i->uppers[u]);

                if (tag && tag->protocol == protocol)
                        return true;
        }
        return false;
}

/* Whether frames of that VLAN are expected, and have to be let in one by one. */
static bool is_wanted(const Identity *i, const FrameTag *tag, unsigned closed) {
        for (size_t f = 0; f < ELEMENTSOF(filters); f++)
                if (filters[f].protocol == tag->protocol && !(closed & 1u << f))
                        return false;
        for (size_t u = 0; u < i->n_uppers; u++) {
                const FrameTag *other = identity_outermost_tag(&i->uppers[u]);

                if (other && frame_tag_equal(other, tag))
                        return true;
        }
        return false;
}

static bool has_device(const Identity *i, const FrameTag *tag) {
        for (size_t v = 0; v < i->n_spare_vlans; v++)
                if (frame_tag_equal(&i->spare_vlans[v].tag, tag))
                        return true;
        return false;
}

static int add_device(Rtnetlink *n, int lower, const FrameTag *tag) {
        struct ifinfomsg head = {};
        _cleanup_(rtnetlink_message_freep) struct nl_msg *m = nlmsg_alloc_simple(
                        RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
        struct nlattr *info, *data;

        if (!m || nlmsg_append(m, &head, sizeof(head), NLMSG_ALIGNTO) < 0 ||
                        nla_put_string(m, IFLA_IFNAME, VLAN_DEVICE_PREFIX "%d") < 0 ||
                        nla_put_u32(m, IFLA_LINK, (uint32_t) lower) < 0 ||
                        !(info = nla_nest_start(m, IFLA_LINKINFO)) ||
                        nla_put_string(m, IFLA_INFO_KIND, "vlan") < 0 ||
                        !(data = nla_nest_start(m, IFLA_INFO_DATA)) ||
                        nla_put_u16(m, IFLA_VLAN_ID, tag->vlan) < 0 ||
                        nla_put_u16(m, IFLA_VLAN_PROTOCOL, htons(tag->protocol)) < 0)
                return -ENOMEM;
        nla_nest_end(m, data);
        nla_nest_end(m, info);
        return rtnetlink_call(n, m);
}

static int remove_device(Rtnetlink *n, int ifindex) {
        struct ifinfomsg head = { .ifi_index = ifindex };
        _cleanup_(rtnetlink_message_freep) struct nl_msg *m = nlmsg_alloc_simple(RTM_DELLINK, 0);
        int r = -ENOMEM;

        if (m && nlmsg_append(m, &head, sizeof(head), NLMSG_ALIGNTO) >= 0)
                r = rtnetlink_call(n, m);
        return r == -ENODEV ? 0 : r;
}

/* Those of our devices that are not wanted, or with all each of them; the first error. */
static int remove_devices(Rtnetlink *n, const Identity *i, unsigned closed, bool all) {
        int result = 0;

        for (size_t v = 0; v < i->n_spare_vlans; v++) {
                const IdentitySpareVlan *device = &i->spare_vlans[v];
                int k = 0;

                if (device->ours && (all || !is_wanted(i, &device->tag, closed)))
                        k = remove_device(n, device->ifindex);
                if (k < 0 && result == 0)
                        result = k;
        }
        return result;
}

static int add_devices(Rtnetlink *n, const Identity *i, unsigned closed, const char *name, Error *e) {
        for (size_t u = 0; u < i->n_uppers; u++) {
                const FrameTag *tag = identity_outermost_tag(&i->uppers[u]);
                int k;

                if (!tag || !is_wanted(i, tag, closed) || has_device(i, tag))
                        continue;
                k = add_device(n, i->ifindex[SIDE_STANDBY], tag);
                /* Several devices may be in one VLAN. */
                if (k < 0 && k != -EEXIST)
                        return error_set(e, ERROR_FAILED, k, "%s does not let in VLAN %u of %s: %s", name,
                                        tag->vlan, i->uppers[u].name, rtnetlink_words(n));
        }
        return 0;
}

/* 1: it is on, and stays so. */
static int turn_off(RedirectPrograms *r, size_t f, const char *name, Error *e) {
        bool on = false;
        int k;

        if (adapter_feature_get(name, filters[f].feature, &on) < 0 || !on)
                return 0;
        r->config.undo_vlan_filter |= 1u << f;
        k = redirect_programs_store_config(r, e);
        if (k < 0)
                return k;
        if (adapter_feature_set(name, filters[f].feature, false) >= 0)
                return 0;
        r->config.undo_vlan_filter &= ~(1u << f);
        k = redirect_programs_store_config(r, e);
        return k < 0 ? k : 1;
}

int redirect_vlan_filter_open(
                RedirectPrograms *r, Rtnetlink *n, const Identity *i, const char *name, Error *e) {
        unsigned closed = 0;

        for (size_t f = 0; f < ELEMENTSOF(filters); f++) {
                int k = has_protocol(i, filters[f].protocol) ? turn_off(r, f, name, e) : 0;

                if (k < 0)
                        return k;
                closed |= (unsigned) k << f;
        }
        /* One too many does no harm. */
        (void) remove_devices(n, i, closed, false);
        return add_devices(n, i, closed, name, e);
}

int redirect_vlan_filter_close(RedirectPrograms *r, Rtnetlink *n, const SteeringParameters *p, Error *e) {
        const char *name = p->name[SIDE_STANDBY];
        _cleanup_free_ Identity *devices = NULL;
        int result = 0, k;

        for (size_t f = 0; f < ELEMENTSOF(filters); f++) {
                if (!(r->config.undo_vlan_filter & 1u << f))
                        continue;
                k = adapter_feature_set(name, filters[f].feature, true);
                if (k < 0 && k != -ENODEV && result == 0)
                        result = error_errno(e, k, "Cannot turn on %s of %s again", filters[f].feature, name);
        }
        k = identity_read_devices(&devices, n, p->ifindex);
        if (k >= 0)
                k = remove_devices(n, devices, 0, true);
        if (k < 0 && result == 0)
                result = error_set(e, ERROR_FAILED, k, "Cannot remove the VLAN devices from %s: %s", name,
                                rtnetlink_words(n));
        return result;
}
