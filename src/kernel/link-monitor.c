/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <limits.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>

#include "alloc-util.h"
#include "link-monitor.h"
#include "netlink-socket.h"

/* Room for about a thousand notifications (a link message is booked as some 2 to 4 KiB). */
#define RECEIVE_BUFFER (4U * 1024 * 1024)

/* So many datagrams at a time, so that a storm does not starve the rest of the event loop. */
#define DISPATCH_MAX 64

/* A queue that is refilled faster than this many datagrams are thrown away is not waited for. */
#define DISCARD_MAX 8192

#define RESYNC_TRIES 5

typedef struct LinkTable {
        LinkState *links; /* by ifindex */
        size_t n, allocated, n_ignored;
} LinkTable;

struct LinkMonitor {
        NetlinkSocket *listen; /* multicast */
        NetlinkSocket *ask;
        struct nl_msg *dump; /* RTM_GETLINK, reused */
        sd_event_source *source;
        LinkTable table;
        LinkListener *listeners;
        unsigned n_resyncs;
        bool stale; /* a resync failed */
};

/* Where ifindex is or belongs. */
static size_t table_position(const LinkTable *t, int ifindex) {
        size_t low = 0, high = t->n;

        while (low < high) {
                size_t middle = low + (high - low) / 2;

                if (t->links[middle].ifindex < ifindex)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low;
}

static LinkState *table_get(const LinkTable *t, int ifindex) {
        size_t i = table_position(t, ifindex);

        return i < t->n && t->links[i].ifindex == ifindex ? t->links + i : NULL;
}

static int table_insert(LinkTable *t, const LinkState *state) {
        size_t i = table_position(t, state->ifindex);
        void *links = t->links;

        if (i < t->n && t->links[i].ifindex == state->ifindex) {
                t->links[i] = *state;
                return 0;
        }
        if (t->n == LINK_MONITOR_LINKS_MAX) {
                t->n_ignored++;
                return -ENOSPC;
        }
        if (memory_grow(&links, &t->allocated, t->n + 1, sizeof(LinkState)) < 0)
                return -ENOMEM;
        t->links = links;
        memmove(t->links + i + 1, t->links + i, (t->n - i) * sizeof(LinkState));
        t->links[i] = *state;
        t->n++;
        return 0;
}

static void table_remove(LinkTable *t, int ifindex) {
        LinkState *state = table_get(t, ifindex);
        size_t i;

        if (!state)
                return;
        i = (size_t) (state - t->links);
        memmove(state, state + 1, (t->n - i - 1) * sizeof(LinkState));
        t->n--;
}

static void tell_change(LinkMonitor *m, const LinkState *old_state, const LinkState *new_state) {
        for (LinkListener *l = m->listeners; l; l = l->next)
                l->on_change(old_state, new_state, l->userdata);
}

static void tell_addresses(LinkMonitor *m, int ifindex) {
        for (LinkListener *l = m->listeners; l; l = l->next)
                if (l->on_addresses)
                        l->on_addresses(ifindex, l->userdata);
}

static void tell_error(LinkMonitor *m, const Error *e) {
        for (LinkListener *l = m->listeners; l; l = l->next)
                if (l->on_error)
                        l->on_error(e, l->userdata);
}

static void link_set(LinkMonitor *m, const LinkState *state) {
        const LinkState *known = table_get(&m->table, state->ifindex), copy = *state;
        LinkState old_state = {};

        if (!known) {
                if (table_insert(&m->table, &copy) >= 0)
                        tell_change(m, NULL, &copy);
                return;
        }
        if (link_state_equal(known, &copy))
                return;
        old_state = *known;
        (void) table_insert(&m->table, &copy); /* replaces: cannot fail */
        tell_change(m, &old_state, &copy);
}

static void link_remove(LinkMonitor *m, int ifindex) {
        const LinkState *known = table_get(&m->table, ifindex);
        LinkState old_state;

        if (!known)
                return;
        old_state = *known;
        table_remove(&m->table, ifindex);
        tell_change(m, &old_state, NULL);
}

/* A notification says what was true when it was made; the carrier's counter may have been seen further on. */
static void carrier_keep_newer(LinkState *state, const LinkState *known) {
        if ((int32_t) (state->carrier_changes - known->carrier_changes) >= 0)
                return;
        state->carrier = known->carrier;
        state->running = known->running;
        state->operstate = known->operstate;
        state->carrier_changes = known->carrier_changes;
        state->carrier_up_count = known->carrier_up_count;
        state->carrier_down_count = known->carrier_down_count;
}

static int notification_take(const struct nlmsghdr *message, void *userdata, Error *e) {
        LinkMonitor *m = userdata;
        const LinkState *known;
        LinkMessage change;
        int r;

        r = rtnl_address_parse(message);
        if (r > 0) {
                tell_addresses(m, r);
                return 0;
        }
        r = rtnl_link_parse(message, &change);
        if (r < 0)
                return r == -ENOMSG ? 0 : r;
        if (change.gone) {
                link_remove(m, change.state.ifindex);
                return 0;
        }
        known = table_get(&m->table, change.state.ifindex);
        if (known)
                carrier_keep_newer(&change.state, known);
        link_set(m, &change.state);
        return 0;
}

static int dump_take(const struct nlmsghdr *message, void *userdata, Error *e) {
        LinkTable *fresh = userdata;
        LinkMessage change;
        int r;

        r = rtnl_link_parse(message, &change);
        if (r == -ENOMSG)
                return 0;
        if (r < 0)
                return error_errno(e, r, "list of links");
        r = table_insert(fresh, &change.state);
        return r == -ENOMEM ? error_errno(e, r, "list of links") : 0;
}

static int links_read(LinkMonitor *m, LinkTable *fresh, Error *e) {
        int r = -EINTR;

        /* Interrupted by a change: asked again, since what is missing now need not be notified later. */
        for (unsigned i = 0; i < RESYNC_TRIES && r == -EINTR; i++) {
                fresh->n = fresh->n_ignored = 0;
                r = netlink_socket_dump(m->ask, m->dump, dump_take, fresh, e);
        }
        if (r == -EINTR)
                return error_set(e, ERROR_FAILED, -EBUSY,
                                "list of links: they change faster than they are read");
        return r;
}

/* Another device behind the same number, which the kernel gives out again on demand ("ip link add ... index").
 */
static bool link_is_another(const LinkState *a, const LinkState *b) {
        return !streq(a->kind, b->kind) || !streq(a->parent_name, b->parent_name) ||
                        !ether_address_equal(&a->permanent_mac, &b->permanent_mac);
}

/* Tells what differs, as if each step had been notified: what is gone first, since its name may be in use
 * again. */
static void links_apply(LinkMonitor *m, const LinkTable *fresh) {
        for (size_t i = m->table.n; i > 0; i--) {
                const LinkState *known = m->table.links + i - 1, *now = table_get(fresh, known->ifindex);

                if (!now || link_is_another(known, now))
                        link_remove(m, known->ifindex);
        }
        for (size_t i = 0; i < fresh->n; i++)
                link_set(m, fresh->links + i);
        m->table.n_ignored = fresh->n_ignored;
}

static int notification_drop(const struct nlmsghdr *message, void *userdata, Error *e) {
        return 0;
}

/* The kernel notifies nothing more until the queue has been empty once (net/netlink/af_netlink.c,
 * NETLINK_S_CONGESTED), so it is emptied before the dump: what is queued afterwards is newer than the drop. */
static void notifications_discard(LinkMonitor *m) {
        for (unsigned i = 0; i < DISCARD_MAX / DISPATCH_MAX; i++)
                if (netlink_socket_receive(m->listen, DISPATCH_MAX, notification_drop, NULL, NULL) ==
                                NETLINK_DRAINED)
                        return;
}

int link_monitor_resync(LinkMonitor *m, Error *e) {
        LinkTable fresh = {};
        int r;

        m->n_resyncs++;
        notifications_discard(m);
        r = links_read(m, &fresh, e);
        if (r >= 0) {
                links_apply(m, &fresh);
                for (size_t i = 0; i < fresh.n; i++)
                        tell_addresses(m, fresh.links[i].ifindex);
        }
        free(fresh.links);
        m->stale = r < 0;
        return r;
}

int link_monitor_dispatch(LinkMonitor *m, Error *e) {
        int r = netlink_socket_receive(m->listen, DISPATCH_MAX, notification_take, m, e);

        /* A message that cannot be read is as bad as one that was lost. */
        if (r == NETLINK_OVERRUN || r == -EBADMSG || m->stale)
                return link_monitor_resync(m, e);
        return r < 0 ? r : 0;
}

static int on_readable(sd_event_source *source, int fd, uint32_t events, void *userdata) {
        LinkMonitor *m = userdata;
        Error e = {};

        /* Never fails: an error returned here would silence the source for good. */
        if (link_monitor_dispatch(m, &e) < 0)
                tell_error(m, &e);
        return 0;
}

static int monitor_listen(LinkMonitor *m, sd_event *event, Error *e) {
        static const unsigned groups[] = { RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR };
        int r;

        r = netlink_socket_set_receive_buffer(m->listen, RECEIVE_BUFFER, e);
        if (r < 0)
                return r;
        for (size_t i = 0; i < ELEMENTSOF(groups); i++) {
                r = netlink_socket_subscribe(m->listen, groups[i], e);
                if (r < 0)
                        return r;
        }
        if (!event)
                return 0;
        r = sd_event_add_io(event, &m->source, netlink_socket_fd(m->listen), EPOLLIN, on_readable, m);
        if (r >= 0)
                r = sd_event_source_set_priority(m->source, SD_EVENT_PRIORITY_IMPORTANT);
        if (r < 0)
                return error_errno(e, r, "link monitor");
        (void) sd_event_source_set_description(m->source, "link-monitor");
        return 0;
}

int link_monitor_new(sd_event *event, LinkMonitor **ret, Error *e) {
        _cleanup_(link_monitor_freep) LinkMonitor *m = new0(LinkMonitor, 1);
        int r;

        if (!m)
                return error_errno(e, -ENOMEM, "link monitor");
        m->dump = rtnl_link_request(0);
        if (!m->dump)
                return error_errno(e, -ENOMEM, "link monitor");
        r = netlink_socket_new(NETLINK_ROUTE, &m->listen, e);
        if (r >= 0)
                r = netlink_socket_new(NETLINK_ROUTE, &m->ask, e);
        if (r >= 0)
                r = monitor_listen(m, event, e); /* before the dump, so that nothing falls between them */
        if (r >= 0)
                r = links_read(m, &m->table, e);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(m);
        return 0;
}

LinkMonitor *link_monitor_free(LinkMonitor *m) {
        if (!m)
                return NULL;
        sd_event_source_disable_unref(m->source);
        netlink_socket_free(m->listen);
        netlink_socket_free(m->ask);
        netlink_message_free(m->dump);
        free(m->table.links);
        free(m);
        return NULL;
}

void link_monitor_add_listener(LinkMonitor *m, LinkListener *listener) {
        LinkListener **end = &m->listeners;

        /* at the end: who was there first hears it first */
        while (*end)
                end = &(*end)->next;
        listener->next = NULL;
        *end = listener;
        for (size_t i = 0; i < m->table.n; i++) {
                LinkState state = m->table.links[i];

                listener->on_change(NULL, &state, listener->userdata);
        }
}

void link_monitor_remove_listener(LinkMonitor *m, LinkListener *listener) {
        for (LinkListener **l = &m->listeners; *l; l = &(*l)->next)
                if (*l == listener) {
                        *l = listener->next;
                        listener->next = NULL;
                        return;
                }
}

const LinkState *link_monitor_get(const LinkMonitor *m, int ifindex) {
        return table_get(&m->table, ifindex);
}

const LinkState *link_monitor_find_name(const LinkMonitor *m, const char *name) {
        for (size_t i = 0; i < m->table.n; i++)
                if (streq(m->table.links[i].name, name))
                        return m->table.links + i;
        return NULL;
}

bool link_state_has_mac(const LinkState *state, const EtherAddress *mac) {
        if (!ether_address_is_zero(&state->permanent_mac))
                return ether_address_equal(&state->permanent_mac, mac);
        return ether_address_equal(&state->mac, mac) &&
                        (state->kind[0] == '\0' || streq(state->kind, "veth") || streq(state->kind, "tun"));
}

const LinkState *link_monitor_find_mac(const LinkMonitor *m, const EtherAddress *mac) {
        const LinkState *by_address = NULL;

        for (size_t i = 0; i < m->table.n; i++) {
                const LinkState *l = m->table.links + i;

                if (!link_state_has_mac(l, mac))
                        continue;
                if (!ether_address_is_zero(&l->permanent_mac))
                        return l;
                if (!by_address)
                        by_address = l;
        }
        return by_address;
}

int link_state_path(const LinkState *state, char *buffer, size_t size) {
        char path[PATH_MAX], resolved[PATH_MAX], *slash;

        if (streq(state->parent_bus, "pci")) {
                if ((size_t) snprintf(buffer, size, "pci-%s", state->parent_name) >= size)
                        return -ENOBUFS;
                return 0;
        }
        /* udev skips the virtio layer and names the PCI function below. Devices of a bus are the same in every
         * network namespace. */
        if (!streq(state->parent_bus, "virtio") || strchr(state->parent_name, '/'))
                return -ENODEV;
        snprintf(path, sizeof(path), "/sys/bus/virtio/devices/%s", state->parent_name);
        if (!realpath(path, resolved))
                return -ENODEV;
        slash = strrchr(resolved, '/');
        if (!slash)
                return -ENODEV;
        *slash = '\0';
        slash = strrchr(resolved, '/');
        if (!slash ||
                        (size_t) snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s", slash + 1) >=
                                        sizeof(path) ||
                        access(path, F_OK) < 0)
                return -ENODEV;
        if ((size_t) snprintf(buffer, size, "pci-%s", slash + 1) >= size)
                return -ENOBUFS;
        return 0;
}

const LinkState *link_monitor_find_path(const LinkMonitor *m, const char *path) {
        char own[LINK_PARENT_MAX + 8];

        for (size_t i = 0; i < m->table.n; i++)
                if (link_state_path(m->table.links + i, own, sizeof(own)) >= 0 && streq(own, path))
                        return m->table.links + i;
        return NULL;
}

size_t link_monitor_links(const LinkMonitor *m, const LinkState **ret) {
        *ret = m->table.links;
        return m->table.n;
}

size_t link_monitor_n_ignored(const LinkMonitor *m) {
        return m->table.n_ignored;
}

void link_monitor_note_carrier_changes(LinkMonitor *m, int ifindex, uint32_t changes) {
        const LinkState *known = table_get(&m->table, ifindex);
        uint32_t turns, downs;
        LinkState state;

        if (!known || (int32_t) (changes - known->carrier_changes) <= 0)
                return;
        state = *known;
        turns = changes - known->carrier_changes;
        downs = known->carrier ? turns - turns / 2 : turns / 2; /* they alternate */
        state.carrier = known->carrier ^ (turns & 1);
        state.carrier_changes = changes;
        state.carrier_down_count += downs;
        state.carrier_up_count += turns - downs;
        /* The kernel sends again only once it has told so itself (dev_activate()); that it cannot send is true
         * at once. */
        if (!state.carrier)
                state.running = false;
        link_set(m, &state);
}

int link_monitor_set_receive_buffer(LinkMonitor *m, size_t bytes, Error *e) {
        return netlink_socket_set_receive_buffer(m->listen, bytes, e);
}

unsigned link_monitor_n_resyncs(const LinkMonitor *m) {
        return m->n_resyncs;
}
