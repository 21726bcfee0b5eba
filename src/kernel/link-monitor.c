/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <limits.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>

#include "alloc-util.h"
#include "errand.h"
#include "link-monitor.h"
#include "link-table.h"
#include "netlink-socket.h"

/* Room for about a thousand notifications (a link message is booked as some 2 to 4 KiB). */
#define RECEIVE_BUFFER (4U * 1024 * 1024)

/* So many datagrams at a time, so that a storm does not starve the rest of the event loop. */
#define DISPATCH_MAX 64

/* A queue that is refilled faster than this many datagrams are thrown away is not waited for. */
#define DISCARD_MAX 8192

#define RESYNC_TRIES 5

/* All links, read anew: by whoever makes it, or in a thread, since the kernel may make it wait. */
typedef struct LinkReading {
        NetlinkSocket *ask;
        struct nl_msg *dump; /* RTM_GETLINK */
        LinkTable fresh;
        int result;
        Error error;
} LinkReading;

struct LinkMonitor {
        NetlinkSocket *listen; /* multicast */
        sd_event_source *source;
        Errands *errands;
        Errand *reading; /* under way; notifications wait in the socket meanwhile */
        sd_event_source *read;
        LinkTable noted; /* carriers seen meanwhile, which may be newer than what is read */
        LinkTable table;
        LinkListener *listeners;
        unsigned n_resyncs;
        bool stale; /* a resync failed */
};

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
        const LinkState *known = link_table_get(&m->table, state->ifindex), copy = *state;
        LinkState old_state = {};

        if (!known) {
                if (link_table_insert(&m->table, &copy) >= 0)
                        tell_change(m, NULL, &copy);
                return;
        }
        if (link_state_equal(known, &copy))
                return;
        old_state = *known;
        (void) link_table_insert(&m->table, &copy); /* replaces: cannot fail */
        tell_change(m, &old_state, &copy);
}

static void link_remove(LinkMonitor *m, int ifindex) {
        const LinkState *known = link_table_get(&m->table, ifindex);
        LinkState old_state;

        if (!known)
                return;
        old_state = *known;
        link_table_remove(&m->table, ifindex);
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
        known = link_table_get(&m->table, change.state.ifindex);
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
        r = link_table_insert(fresh, &change.state);
        return r == -ENOMEM ? error_errno(e, r, "list of links") : 0;
}

static LinkReading *reading_free(LinkReading *l) {
        if (!l)
                return NULL;
        netlink_socket_free(l->ask);
        netlink_message_free(l->dump);
        link_table_clear(&l->fresh);
        free(l);
        return NULL;
}
DEFINE_CLEANUP(LinkReading *, reading_free);

static int reading_new(LinkReading **ret, Error *e) {
        _cleanup_(reading_freep) LinkReading *l = new0(LinkReading, 1);
        int r;

        if (l)
                l->dump = rtnl_link_request(0);
        if (!l || !l->dump)
                return error_errno(e, -ENOMEM, "list of links");
        r = netlink_socket_new(NETLINK_ROUTE, &l->ask, e);
        if (r >= 0)
                *ret = TAKE_PTR(l);
        return r;
}

static void reading_run(void *work) {
        LinkReading *l = work;
        int r = -EINTR;

        /* Interrupted by a change: asked again, since what is missing now need not be notified later. */
        for (unsigned i = 0; i < RESYNC_TRIES && r == -EINTR; i++) {
                l->fresh.n = l->fresh.n_ignored = 0;
                r = netlink_socket_dump(l->ask, l->dump, dump_take, &l->fresh, &l->error);
        }
        l->result = r != -EINTR ? r
                                : error_set(&l->error, ERROR_FAILED, -EBUSY,
                                                  "list of links: they change faster than they are read");
}

static void reading_drop(void *work) {
        reading_free(work);
}

static const ErrandKind reading_kind = { reading_run, reading_drop };

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
                const LinkState *known = m->table.links + i - 1, *now = link_table_get(fresh, known->ifindex);

                if (!now || link_is_another(known, now))
                        link_remove(m, known->ifindex);
        }
        for (size_t i = 0; i < fresh->n; i++) {
                const LinkState *noted = link_table_get(&m->noted, fresh->links[i].ifindex);
                LinkState state = fresh->links[i];

                if (noted)
                        carrier_keep_newer(&state, noted);
                link_set(m, &state);
        }
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

static int reading_take(LinkMonitor *m, const LinkReading *l, Error *e) {
        m->stale = l->result < 0;
        if (l->result < 0)
                return error_set(e, l->error.kind, l->result, "%s", l->error.text);
        links_apply(m, &l->fresh);
        for (size_t i = 0; i < l->fresh.n; i++)
                tell_addresses(m, l->fresh.links[i].ifindex);
        return 0;
}

int link_monitor_resync(LinkMonitor *m, Error *e) {
        _cleanup_(reading_freep) LinkReading *l = NULL;
        int r;

        notifications_discard(m);
        m->stale = true; /* until it has been read */
        r = reading_new(&l, e);
        if (r < 0)
                return r;
        if (!m->source) {
                reading_run(l);
                m->n_resyncs++;
                return reading_take(m, l, e);
        }
        link_table_clear(&m->noted);
        r = errand_send(m->errands, &reading_kind, TAKE_PTR(l), &m->reading);
        if (r >= 0)
                r = sd_event_source_set_enabled(m->source, SD_EVENT_OFF);
        return r < 0 ? error_errno(e, r, "list of links") : 0;
}

int link_monitor_dispatch(LinkMonitor *m, Error *e) {
        int r = netlink_socket_receive(m->listen, DISPATCH_MAX, notification_take, m, e);

        /* A message that cannot be read is as bad as one that was lost. */
        if (r == NETLINK_OVERRUN || r == -EBADMSG || m->stale)
                return link_monitor_resync(m, e);
        return r < 0 ? r : 0;
}

/* What was notified meanwhile follows now. */
static int on_read(sd_event_source *source, int fd, uint32_t events, void *userdata) {
        LinkMonitor *m = userdata;
        const LinkReading *l;
        Error e = {};

        errands_heard(m->errands);
        l = m->reading ? errand_result(m->reading) : NULL;
        if (!l)
                return 0;
        m->n_resyncs++;
        if (reading_take(m, l, &e) < 0)
                tell_error(m, &e);
        m->reading = errand_free(m->reading);
        (void) sd_event_source_set_enabled(m->source, SD_EVENT_ON);
        return 0;
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
        r = errands_new(&m->errands);
        if (r >= 0)
                r = sd_event_add_io(event, &m->read, errands_get_fd(m->errands), EPOLLIN, on_read, m);
        return r < 0 ? error_errno(e, r, "link monitor") : 0;
}

int link_monitor_new(sd_event *event, LinkMonitor **ret, Error *e) {
        _cleanup_(link_monitor_freep) LinkMonitor *m = new0(LinkMonitor, 1);
        _cleanup_(reading_freep) LinkReading *l = NULL;
        int r;

        if (!m)
                return error_errno(e, -ENOMEM, "link monitor");
        r = netlink_socket_new(NETLINK_ROUTE, &m->listen, e);
        if (r >= 0)
                r = monitor_listen(m, event, e); /* before the dump, so that nothing falls between them */
        if (r >= 0)
                r = reading_new(&l, e);
        if (r < 0)
                return r;
        reading_run(l);
        r = reading_take(m, l, e);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(m);
        return 0;
}

LinkMonitor *link_monitor_free(LinkMonitor *m) {
        if (!m)
                return NULL;
        sd_event_source_disable_unref(m->source);
        sd_event_source_disable_unref(m->read);
        errand_free(m->reading);
        errands_free(m->errands);
        netlink_socket_free(m->listen);
        link_table_clear(&m->noted);
        link_table_clear(&m->table);
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
        return link_table_get(&m->table, ifindex);
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
        const LinkState *known = link_table_get(&m->table, ifindex);
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
        if (m->reading)
                (void) link_table_insert(&m->noted, &state);
        link_set(m, &state);
}

int link_monitor_set_receive_buffer(LinkMonitor *m, size_t bytes, Error *e) {
        return netlink_socket_set_receive_buffer(m->listen, bytes, e);
}

unsigned link_monitor_n_resyncs(const LinkMonitor *m) {
        return m->n_resyncs;
}
