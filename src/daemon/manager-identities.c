/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Keeps what goes with each primary's device when that is removed (identity-record.h): read in a thread, since
 * it waits for the kernel, once for all pairs, after the kernel has told of a change and a moment has passed. A
 * device that is being removed loses its addresses first, so what is read is only taken from one that is still
 * there and up afterwards. */

#include <linux/rtnetlink.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

#include "alloc-util.h"
#include "clock.h"
#include "fork-guard.h"
#include "identity-move.h"
#include "manager-internal.h"
#include "netlink-socket.h"
#include "thread-util.h"

/* Changes come in bursts. */
#define READ_DELAY (200 * USEC_PER_MSEC)
/* Not more often, whatever is told: a listing of all routes takes a router's kernel long. */
#define READ_INTERVAL USEC_PER_SEC
/* For what no notification tells of. */
#define READ_ANYWAY            (60 * USEC_PER_SEC)
#define DATAGRAMS_PER_DISPATCH 32
/* More than the socket's buffer holds (net.core.rmem_default of 208 KiB, each datagram counted as 768 octets or
 * more). */
#define DATAGRAMS_WAITING 1024

struct IdentityKeeper {
        Manager *manager;
        NetlinkSocket *listen;
        NeighbourMemory removed;
        sd_event_source *io, *timer, *done;
        int done_fd;
        usec_t due, read_at;

        pthread_t thread;
        bool reading;
        int primary[PAIRS_MAX], standby[PAIRS_MAX]; /* the thread's while it reads */
        IdentityRecord *records[PAIRS_MAX];
        size_t n;
        usec_t asked_at;
        int result;
        Error error;
};

static void arm(IdentityKeeper *k, usec_t at) {
        at = MAX(at, usec_add(k->read_at, READ_INTERVAL));
        if (k->due <= at)
                return;
        k->due = at;
        (void) sd_event_source_set_time(k->timer, at);
        (void) sd_event_source_set_enabled(k->timer, SD_EVENT_ONESHOT);
}

void manager_identities_changed(Manager *m) {
        if (m->identities)
                arm(m->identities, clock_monotonic() + READ_DELAY);
}

void manager_identities_look(Manager *m, const Guard *g) {
        if (guard_wants_record(g) &&
                        (!guard_has_record(g) || pair_identity(guard_pair(g)) == PAIR_IDENTITY_AWAY))
                manager_identities_changed(m);
}

static void *read_all(void *userdata) {
        IdentityKeeper *k = userdata;
        uint64_t one = 1;

        fork_guard_enter();
        k->result = identity_records_read(k->primary, k->standby, k->n, k->records, k->asked_at, &k->error);
        fork_guard_leave();
        (void) !write(k->done_fd, &one, sizeof(one));
        return NULL;
}

static Guard *find_guard(Manager *m, int primary) {
        for (size_t i = 0; i < m->n_guards; i++)
                if (pair_link(guard_pair(m->guards[i]), SIDE_PRIMARY)->ifindex == primary)
                        return m->guards[i];
        return NULL;
}

/* The thread has ended, or is about to. */
static void finish(IdentityKeeper *k, bool deliver) {
        (void) pthread_join(k->thread, NULL);
        k->reading = false;
        for (size_t i = 0; i < k->n; i++) {
                Guard *g = deliver && k->records[i] ? find_guard(k->manager, k->primary[i]) : NULL;

                if (g)
                        guard_take_record(g, k->records[i]);
                else
                        identity_record_free(k->records[i]);
        }
        k->n = 0;
}

static int on_done(sd_event_source *source, int fd, uint32_t revents, void *userdata) {
        IdentityKeeper *k = userdata;
        usec_t now = clock_monotonic();
        uint64_t n;

        if (read(fd, &n, sizeof(n)) < 0 || !k->reading)
                return 0;
        finish(k, true);
        k->read_at = now;
        /* a listing that was overtaken by a change is asked for again */
        if (k->result < 0 && k->result != -EAGAIN)
                journal_log(LOG_WARNING, NULL, NULL, "%s", k->error.text);
        arm(k, usec_add(now, k->result < 0 ? READ_INTERVAL : READ_ANYWAY));
        return 0;
}

static int on_due(sd_event_source *source, uint64_t usec, void *userdata) {
        IdentityKeeper *k = userdata;
        Manager *m = k->manager;

        k->due = USEC_INFINITY;
        if (k->reading) {
                k->read_at = clock_monotonic();
                arm(k, 0);
                return 0;
        }
        for (size_t i = 0; i < m->n_guards; i++) {
                const Pair *p = guard_pair(m->guards[i]);

                if (!guard_wants_record(m->guards[i]))
                        continue;
                k->primary[k->n] = pair_link(p, SIDE_PRIMARY)->ifindex;
                k->standby[k->n++] = pair_link(p, SIDE_STANDBY)->ifindex;
        }
        k->asked_at = k->read_at = clock_monotonic();
        k->error = (Error){};
        k->reading = k->n > 0 && thread_start(&k->thread, read_all, k) == 0;
        if (!k->reading) {
                k->n = 0;
                arm(k, usec_add(k->read_at, READ_ANYWAY));
        }
        return 0;
}

static void note_removed(IdentityKeeper *k, const struct nlmsghdr *message) {
        Neighbour neighbour;

        if (!neighbour_parse_removed((struct nlmsghdr *) message, clock_monotonic(), &neighbour))
                return;
        for (size_t i = 0; i < k->manager->n_guards; i++)
                if (guard_has_device(k->manager->guards[i], neighbour.ifindex)) {
                        neighbour_memory_add(&k->removed, &neighbour);
                        break;
                }
}

/* Routes and neighbours are heard of here, and what they say is for others, too. */
static void note_route(Manager *m, const struct nlmsghdr *message) {
        for (size_t i = 0; i < m->n_guards; i++)
                guard_note_route(m->guards[i], message);
}

static void note_neighbour(Manager *m, const struct nlmsghdr *message) {
        for (size_t i = 0; i < m->n_guards; i++)
                guard_note_neighbour(m->guards[i], message);
}

static int on_message(const struct nlmsghdr *message, void *userdata, Error *e) {
        IdentityKeeper *k = userdata;

        note_removed(k, message);
        note_neighbour(k->manager, message);
        note_route(k->manager, message);
        for (size_t i = 0; i < k->manager->n_guards; i++)
                if (guard_is_concerned(k->manager->guards[i], message)) {
                        manager_identities_changed(k->manager);
                        break;
                }
        return 0;
}

static void receive(IdentityKeeper *k, unsigned datagrams) {
        int r = netlink_socket_receive(k->listen, datagrams, on_message, k, NULL);

        if (r < 0 || r == NETLINK_OVERRUN) {
                manager_identities_changed(k->manager);
                note_route(k->manager, NULL);
        }
}

static int on_readable(sd_event_source *source, int fd, uint32_t revents, void *userdata) {
        receive(userdata, DATAGRAMS_PER_DISPATCH);
        return 0;
}

/* A device loses its neighbours before anybody is told that it is gone, but nobody hurries to read that. */
size_t manager_identities_removed(void *manager, Neighbour **ret) {
        IdentityKeeper *k = ((Manager *) manager)->identities;

        *ret = NULL;
        if (!k)
                return 0;
        receive(k, DATAGRAMS_WAITING);
        return neighbour_memory_recent(&k->removed, clock_monotonic(), ret);
}

static int listen_to(IdentityKeeper *k, Error *e) {
        /* links and addresses are the link monitor's */
        static const unsigned groups[] = { RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE, RTNLGRP_IPV4_RULE,
                RTNLGRP_IPV6_RULE, RTNLGRP_NEIGH };
        int r;

        r = netlink_socket_new(NETLINK_ROUTE, &k->listen, e);
        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(groups); i++)
                r = netlink_socket_subscribe(k->listen, groups[i], e);
        return r;
}

static int watch(IdentityKeeper *k) {
        sd_event *event = k->manager->event;
        int r;

        k->done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (k->done_fd < 0)
                return -errno;
        r = sd_event_add_io(event, &k->done, k->done_fd, EPOLLIN, on_done, k);
        if (r >= 0)
                r = sd_event_add_io(event, &k->io, netlink_socket_fd(k->listen), EPOLLIN, on_readable, k);
        if (r >= 0)
                r = sd_event_add_time(event, &k->timer, CLOCK_MONOTONIC, 0, 0, on_due, k);
        if (r < 0)
                return r;
        (void) sd_event_source_set_enabled(k->timer, SD_EVENT_OFF);
        /* nothing of it is urgent */
        (void) sd_event_source_set_priority(k->io, SD_EVENT_PRIORITY_IDLE);
        return 0;
}

int manager_identities_start(Manager *m, Error *e) {
        IdentityKeeper *k = new0(IdentityKeeper, 1);
        int r;

        if (!k)
                return error_errno(e, -ENOMEM, "cannot keep addresses");
        k->manager = m;
        k->done_fd = -EBADF;
        k->due = USEC_INFINITY;
        m->identities = k;
        r = listen_to(k, e);
        if (r < 0)
                return r;
        r = watch(k);
        return r < 0 ? error_errno(e, r, "cannot keep addresses") : 0;
}

void manager_identities_stop(Manager *m) {
        IdentityKeeper *k = TAKE_PTR(m->identities);

        if (!k)
                return;
        if (k->reading)
                finish(k, false);
        sd_event_source_disable_unref(k->io);
        sd_event_source_disable_unref(k->timer);
        sd_event_source_disable_unref(k->done);
        netlink_socket_free(k->listen);
        neighbour_memory_done(&k->removed);
        closep(&k->done_fd);
        free(k);
}
