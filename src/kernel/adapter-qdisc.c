/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>

#include "adapter-qdisc.h"
#include "alloc-util.h"
#include "qdisc-tree-codec.h"
#include "qdisc-value.h"

#define DUMPS_MAX 3 /* when what is dumped changes meanwhile, it is asked for again */
#define DEPTH_MAX 8 /* of classes: TC_HTB_MAXDEPTH of net/sched/sch_htb.c */

typedef int (*ParseFunc)(const void *payload, size_t size, AdapterProfile *p, QdiscView *view);

typedef struct Taking {
        ParseFunc parse;
        AdapterProfile *profile;
        QdiscView *view;
} Taking;

static int take(const struct nlmsghdr *message, void *userdata, Error *e) {
        const Taking *t = userdata;
        int r = t->parse(nlmsg_data(message), (size_t) nlmsg_datalen(message), t->profile, t->view);

        return r < 0 ? error_errno(e, r, "queueing discipline message") : 0;
}

/* Takes message over. */
static int dump(AdapterSockets *s, struct nl_msg *message, NetlinkHandler handler, void *userdata, Error *e) {
        _cleanup_(netlink_message_freep) struct nl_msg *m = message;

        return m ? netlink_socket_dump(s->route, m, handler, userdata, e)
                 : error_errno(e, -ENOMEM, "queueing discipline message");
}

static int dump_into(AdapterSockets *s, struct nl_msg *message, ParseFunc parse, AdapterProfile *p,
                QdiscView *view, Error *e) {
        return dump(s, message, take, &(Taking){ .parse = parse, .profile = p, .view = view }, e);
}

/* Filters may hang on every class: none of these is replayed, but each is to be known of. */
static int read_filters_of_classes(AdapterSockets *s, AdapterProfile *p, QdiscView *view, Error *e) {
        size_t n;
        const AdapterEntry *classes = adapter_profile_entries(p, ATTRIBUTE_QDISC_CLASS, &n);
        int r = 0;

        for (size_t i = 0; i < n && r >= 0; i++) {
                uint32_t parent = TC_H_MAKE(view->root, classes[i].place);

                r = dump_into(s, qdisc_tree_codec_get_filters(p->ifindex, parent),
                                qdisc_tree_codec_parse_filter, p, view, e);
                if (r == -EOPNOTSUPP || r == -EINVAL) /* a discipline without filters on its classes */
                        return 0;
        }
        return r;
}

static int read_once(AdapterSockets *s, AdapterProfile *p, QdiscView *view, Error *e) {
        int r;

        adapter_profile_clear(p, UINT64_C(1) << PRIME_QDISC);
        *view = (QdiscView){};
        r = dump_into(s, qdisc_codec_get(p->ifindex), qdisc_codec_parse, p, view, e);
        if (r < 0 || !view->root_is_classful)
                return r;
        r = dump_into(s, qdisc_tree_codec_get_classes(p->ifindex), qdisc_tree_codec_parse_class, p, view, e);
        if (r >= 0)
                r = dump_into(s, qdisc_tree_codec_get_filters(p->ifindex, view->root),
                                qdisc_tree_codec_parse_filter, p, view, e);
        return r < 0 ? r : read_filters_of_classes(s, p, view, e);
}

static int read_disciplines(AdapterSockets *s, AdapterProfile *p, QdiscView *view, Error *e) {
        int r = -EINTR;

        for (unsigned i = 0; i < DUMPS_MAX && r == -EINTR; i++)
                r = read_once(s, p, view, e);
        if (r == -EINTR)
                return error_errno(e, r, "it changed while it was read");
        if (view->root_is_classful)
                p->value[ATTRIBUTE_QDISC_OTHERS] = adapter_value_number(view->others);
        return r == -EOPNOTSUPP ? 0 : r;
}

int adapter_qdisc_read(AdapterSockets *s, AdapterProfile *p, Error *e) {
        QdiscView view;

        return read_disciplines(s, p, &view, e);
}

/* One run of writing. */
typedef struct Writing {
        AdapterSockets *sockets;
        AdapterProfile *now;
        QdiscView view;
        const AdapterChange *changes;
        size_t n;
} Writing;

static int look(Writing *w, Error *e) {
        return read_disciplines(w->sockets, w->now, &w->view, e);
}

static int send_message(Writing *w, struct nl_msg *message, Error *e) {
        _cleanup_(netlink_message_freep) struct nl_msg *m = message;

        return m ? netlink_socket_request(w->sockets->route, m, NULL, NULL, e) : 0;
}

static int send_discipline(Writing *w, const AdapterChange *change, Error *e) {
        struct nl_msg *m = NULL;
        int r = qdisc_codec_set(w->now->ifindex, &w->view, change, &m);

        return r < 0 ? error_errno(e, r, "queueing discipline message") : send_message(w, m, e);
}

static int write_discipline(Writing *w, const AdapterChange *change, Error *e) {
        AdapterChange gone = *change;
        Error cause = {};
        int r;

        r = send_discipline(w, change, &cause);
        if (r == -EEXIST) {
                /* Linux 6.1 and 6.18, at least, do not replace one of the same kind, only change it, which not
                 * all options allow: so it goes first. */
                gone.value = adapter_value_absent();
                cause = (Error){};
                r = send_discipline(w, &gone, &cause);
                if (r >= 0)
                        r = send_discipline(w, change, &cause);
        }
        return r < 0 ? error_set(e, cause.kind, r, "%s", cause.text) : 0;
}

/* Under a handle that may be in use on the adapter: what has it goes first. */
static int write_root(Writing *w, const AdapterChange *change, Error *e) {
        AdapterChange gone = { .attribute = ATTRIBUTE_QDISC, .value = adapter_value_absent() };
        int r = 0;

        if (!change->value.absent && qdisc_value_is_classful(&change->value))
                r = write_discipline(w, &gone, e);
        if (r >= 0)
                r = write_discipline(w, change, e);
        return r < 0 ? r : look(w, e);
}

static int write_part(Writing *w, const AdapterChange *change, Error *e) {
        struct nl_msg *m = NULL;
        int r = qdisc_tree_codec_set(w->now->ifindex, &w->view, change, &m);

        return r < 0 ? error_errno(e, r, "%s %s:%x", adapter_attribute_info(change->attribute)->name,
                                       change->name, change->place)
                     : send_message(w, m, e);
}

static const AdapterValue *now_of(const Writing *w, const AdapterChange *c) {
        return adapter_profile_get(w->now, c->attribute, c->place, c->name);
}

/* Filters and leaves that are to be others, or no longer wanted; what went with another one is gone. */
static int remove_all(Writing *w, AdapterAttribute attribute, Error *e) {
        for (size_t i = 0; i < w->n; i++) {
                AdapterChange gone = w->changes[i];
                int r;

                if (gone.attribute != attribute || !now_of(w, &gone))
                        continue;
                gone.value = adapter_value_absent();
                r = write_part(w, &gone, e);
                if (r < 0 && r != -ENOENT)
                        return r;
                *e = (Error){};
        }
        return 0;
}

static bool has_children(const Writing *w, unsigned class) {
        size_t n;
        const AdapterEntry *classes = adapter_profile_entries(w->now, ATTRIBUTE_QDISC_CLASS, &n);

        for (size_t i = 0; i < n; i++)
                if (qdisc_tree_parent(&classes[i].value) == class)
                        return true;
        return false;
}

/* Gone, or to be hung elsewhere, which a class cannot be. */
static bool class_must_go(const Writing *w, const AdapterChange *c) {
        const AdapterValue *now = now_of(w, c);

        return c->attribute == ATTRIBUTE_QDISC_CLASS && now &&
                        (c->value.absent || qdisc_tree_parent(&c->value) != qdisc_tree_parent(now));
}

/* Children before parents. */
static int remove_classes(Writing *w, Error *e) {
        for (unsigned depth = 0; depth < DEPTH_MAX; depth++)
                for (size_t i = 0; i < w->n; i++) {
                        AdapterChange gone = w->changes[i];
                        int r;

                        if (!class_must_go(w, &gone) || has_children(w, gone.place))
                                continue;
                        gone.value = adapter_value_absent();
                        r = write_part(w, &gone, e);
                        if (r < 0)
                                return r;
                        adapter_profile_remove(w->now, ATTRIBUTE_QDISC_CLASS, gone.place, NULL);
                }
        return 0;
}

/* Parents before children. What is known of a class then is what it was told. */
static int add_classes(Writing *w, Error *e) {
        for (unsigned depth = 0; depth < DEPTH_MAX; depth++)
                for (size_t i = 0; i < w->n; i++) {
                        const AdapterChange *c = &w->changes[i];
                        uint32_t parent = qdisc_tree_parent(&c->value);
                        const AdapterValue *now = now_of(w, c);
                        AdapterValue *v;
                        int r;

                        if (c->attribute != ATTRIBUTE_QDISC_CLASS || c->value.absent ||
                                        (now && adapter_value_equal(now, &c->value)) ||
                                        (parent != 0 &&
                                                        !adapter_profile_get(w->now, ATTRIBUTE_QDISC_CLASS,
                                                                        parent, NULL)))
                                continue;
                        r = write_part(w, c, e);
                        if (r < 0)
                                return r;
                        v = adapter_profile_add(w->now, ATTRIBUTE_QDISC_CLASS, c->place, NULL);
                        if (v)
                                *v = c->value;
                }
        return 0;
}

static int add_all(Writing *w, AdapterAttribute attribute, Error *e) {
        for (size_t i = 0; i < w->n; i++) {
                int r;

                if (w->changes[i].attribute != attribute || w->changes[i].value.absent)
                        continue;
                r = write_part(w, &w->changes[i], e);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int write_disciplines(Writing *w, bool root, Error *e) {
        int r = 0;

        for (size_t i = 0; i < w->n && r >= 0; i++)
                if (w->changes[i].attribute == ATTRIBUTE_QDISC && (w->changes[i].place == 0) == root)
                        r = root ? write_root(w, &w->changes[i], e) : write_discipline(w, &w->changes[i], e);
        return r;
}

/* What hangs on a root that is not there any more went with it; on one that is not there yet it cannot be. */
static int write_tree(Writing *w, Error *e) {
        int r;

        if (!w->view.root_is_classful)
                return 0;
        r = remove_all(w, ATTRIBUTE_QDISC_FILTER, e);
        if (r >= 0)
                r = remove_all(w, ATTRIBUTE_QDISC_LEAF, e);
        if (r >= 0)
                r = remove_classes(w, e);
        if (r >= 0)
                r = add_classes(w, e);
        if (r >= 0)
                r = add_all(w, ATTRIBUTE_QDISC_LEAF, e);
        return r < 0 ? r : add_all(w, ATTRIBUTE_QDISC_FILTER, e);
}

int adapter_qdisc_write(AdapterSockets *s, int ifindex, const AdapterChange *changes, size_t n, Error *e) {
        _cleanup_(adapter_profile_freep) AdapterProfile *now = adapter_profile_new();
        Writing w = { .sockets = s, .now = now, .changes = changes, .n = n };
        int r;

        if (!now)
                return error_errno(e, -ENOMEM, "queueing disciplines");
        now->ifindex = ifindex;
        r = look(&w, e);
        if (r >= 0)
                r = write_disciplines(&w, true, e);
        if (r >= 0)
                r = write_disciplines(&w, false, e);
        return r < 0 ? r : write_tree(&w, e);
}
