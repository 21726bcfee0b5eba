/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netlink/attr.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "alloc-util.h"
#include "redirect-setting.h"

bool redirect_setting_read_only;

static uint32_t bit_of(IdentitySetting k) {
        return 1u << k;
}

/* By netlink: works where /proc/sys is read-only. */
static int set_inet(Rtnetlink *n, int ifindex, unsigned number, bool on) {
        struct ifinfomsg head = { .ifi_index = ifindex };
        _cleanup_(rtnetlink_message_freep) struct nl_msg *m = nlmsg_alloc_simple(RTM_SETLINK, 0);
        struct nlattr *families, *inet, *values;

        if (!m || nlmsg_append(m, &head, sizeof(head), NLMSG_ALIGNTO) < 0 ||
                        !(families = nla_nest_start(m, IFLA_AF_SPEC)) || !(inet = nla_nest_start(m, AF_INET)) ||
                        !(values = nla_nest_start(m, IFLA_INET_CONF)) || nla_put_u32(m, (int) number, on) < 0)
                return -ENOMEM;
        nla_nest_end(m, values);
        nla_nest_end(m, inet);
        nla_nest_end(m, families);
        return rtnetlink_call(n, m);
}

/* For IPv6 there is only the file. */
static int set_inet6(int ifindex, const char *sysctl, bool on) {
        char name[IFNAMSIZ], path[128];
        _cleanup_close_ int fd = -EBADF;

        if (!if_indextoname((unsigned) ifindex, name))
                return -ENODEV;
        snprintf(path, sizeof(path), "/proc/sys/net/ipv6/conf/%s/%s", name, sysctl);
        fd = open(path, O_WRONLY | O_CLOEXEC);
        if (fd < 0 || write(fd, on ? "1" : "0", 1) != 1)
                return -errno;
        return 0;
}

static int set(Rtnetlink *n, int ifindex, IdentitySetting k, bool on) {
        const IdentitySettingInfo *info = &identity_settings[k];

        if (redirect_setting_read_only)
                return -EROFS;
        return info->family == AF_INET ? set_inet(n, ifindex, info->number, on)
                                       : set_inet6(ifindex, info->sysctl, on);
}

/* The device's entry, or with make a free one; NULL when there is none. */
static struct redirect_undo_device *undo_of(RedirectPrograms *r, int ifindex, bool make) {
        struct redirect_undo_device *free_one = NULL;

        for (size_t k = 0; k < REDIRECT_UNDO_MAX; k++) {
                struct redirect_undo_device *d = &r->config.undo_device[k];

                if (d->ifindex == (uint32_t) ifindex)
                        return d;
                if (d->ifindex == 0 && !free_one)
                        free_one = d;
        }
        if (!make || !free_one)
                return NULL;
        *free_one = (struct redirect_undo_device){ .ifindex = (uint32_t) ifindex };
        return free_one;
}

/* Turns one setting off. One that was off before stays out of the config, one that an earlier process turned
 * off stays in. */
static int turn_off(RedirectPrograms *r, Rtnetlink *n, IdentityUpper *u, IdentitySetting k) {
        struct redirect_undo_device *d = undo_of(r, u->ifindex, true);
        uint32_t before;
        int code;

        if (!d)
                return -ENOSPC;
        before = d->settings;
        d->settings |= bit_of(k);
        code = redirect_programs_store_config(r, NULL);
        if (code >= 0)
                code = set(n, u->ifindex, k, false);
        if (code >= 0) {
                u->setting[k] = SETTING_OFF;
                return 0;
        }
        d->settings = before;
        if (d->settings == 0)
                d->ifindex = 0;
        (void) redirect_programs_store_config(r, NULL);
        return code;
}

static bool is_evict(IdentitySetting k) {
        return k == IDENTITY_EVICT4 || k == IDENTITY_EVICT6;
}

static void tell(const IdentityUpper *u, IdentitySetting k, int code, Error *notice) {
        const IdentitySettingInfo *info = &identity_settings[k];
        const char *version = info->family == AF_INET ? "IPv4" : "IPv6";

        if (is_evict(k))
                error_errno(notice, code,
                                "When %s loses its carrier the kernel forgets its %s neighbours, which are "
                                "then written back, some milliseconds later; net.%s.conf.%s.%s cannot be "
                                "turned off",
                                u->name, version, info->family == AF_INET ? "ipv4" : "ipv6", u->name,
                                info->sysctl);
        else
                error_errno(notice, code,
                                "When %s loses its carrier its %s routes become unusable, also for what leaves "
                                "by the standby: set net.%s.conf.%s.%s to 0, which is not possible from here",
                                u->name, version, info->family == AF_INET ? "ipv4" : "ipv6", u->name,
                                info->sysctl);
}

static int restore(Rtnetlink *n, const struct redirect_undo_device *d, Error *e) {
        int result = 0;

        for (IdentitySetting k = 0; k < _IDENTITY_SETTING_MAX; k++) {
                char name[IFNAMSIZ];
                int code;

                if (!(d->settings & bit_of(k)) || !if_indextoname(d->ifindex, name))
                        continue;
                code = set(n, (int) d->ifindex, k, true);
                if (code < 0 && code != -ENODEV && result == 0)
                        result = error_errno(e, code, "Cannot set net.%s.conf.%s.%s to 1 again",
                                        identity_settings[k].family == AF_INET ? "ipv4" : "ipv6", name,
                                        identity_settings[k].sysctl);
        }
        return result;
}

static bool is_upper(const Identity *i, uint32_t ifindex) {
        for (size_t u = 0; u < i->n_uppers; u++)
                if (i->uppers[u].ifindex == (int) ifindex)
                        return true;
        return false;
}

/* Devices that have left the identity. */
static void restore_others(RedirectPrograms *r, Rtnetlink *n, const Identity *i, Error *notice) {
        bool changed = false;

        for (size_t k = 0; k < REDIRECT_UNDO_MAX; k++) {
                struct redirect_undo_device *d = &r->config.undo_device[k];

                if (d->ifindex == 0 || is_upper(i, d->ifindex))
                        continue;
                (void) restore(n, d, notice);
                *d = (struct redirect_undo_device){};
                changed = true;
        }
        if (changed)
                (void) redirect_programs_store_config(r, NULL);
}

/* Newer kernels (6.18 does) heed the setting for all devices too (IN_DEV_IGNORE_ROUTES_WITH_LINKDOWN of
 * linux/inetdevice.h), which is not ours to change. Of IPv6 only the device's own counts. */
static void check_all_devices(const Identity *i, Error *notice) {
        _cleanup_fclose_ FILE *f = fopen("/proc/sys/net/ipv4/conf/all/ignore_routes_with_linkdown", "re");

        if (f && fgetc(f) == '1')
                error_set(notice, ERROR_CONFLICT, -EADDRINUSE,
                                "When %s loses its carrier its IPv4 routes may become unusable, also for what "
                                "leaves by the standby: set net.ipv4.conf.all.ignore_routes_with_linkdown to 0",
                                i->n_uppers > 0 ? i->uppers[0].name : "the primary");
}

void redirect_setting_apply(RedirectPrograms *r, Rtnetlink *n, Identity *i, Error *notice) {
        restore_others(r, n, i, notice);
        check_all_devices(i, notice);
        for (IdentitySetting k = 0; k < _IDENTITY_SETTING_MAX; k++)
                for (size_t u = 0; u < i->n_uppers; u++) {
                        int code = 0;

                        if (i->uppers[u].setting[k] == SETTING_ON)
                                code = turn_off(r, n, &i->uppers[u], k);
                        else if (i->uppers[u].setting[k] == SETTING_UNKNOWN && is_evict(k))
                                code = -EOPNOTSUPP;
                        if (code < 0)
                                tell(&i->uppers[u], k, code, notice);
                }
}

int redirect_setting_undo(RedirectPrograms *r, Rtnetlink *n, Error *e) {
        int result = 0;

        for (size_t k = 0; k < REDIRECT_UNDO_MAX; k++) {
                int code = 0;

                if (r->config.undo_device[k].ifindex != 0)
                        code = restore(n, &r->config.undo_device[k], e);
                if (code < 0 && result == 0)
                        result = code;
        }
        return result;
}

bool redirect_setting_forgets(const IdentityUpper *u) {
        for (IdentitySetting k = 0; k < _IDENTITY_SETTING_MAX; k++)
                if (is_evict(k) && (u->setting[k] == SETTING_ON || u->setting[k] == SETTING_UNKNOWN))
                        return true;
        return false;
}
