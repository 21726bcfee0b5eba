/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "adapter-filter.h"
#include "alloc-util.h"
#include "bpf-program.h"
#include "filter-codec.h"
#include "own-filter.h"
#include "qdisc-codec.h"

#define DUMPS_MAX 3 /* when what is dumped changes meanwhile, it is asked for again */

typedef struct Taking {
        AdapterProfile *profile;
        bool egress;
} Taking;

static int take_filter(const struct nlmsghdr *message, void *userdata, Error *e) {
        const Taking *t = userdata;
        int r = filter_codec_parse(nlmsg_data(message), (size_t) nlmsg_datalen(message), t->egress, t->profile);

        return r < 0 ? error_errno(e, r, "filter message") : 0;
}

static int take_hook(const struct nlmsghdr *message, void *userdata, Error *e) {
        const Taking *t = userdata;
        int r = filter_codec_parse_hook(nlmsg_data(message), (size_t) nlmsg_datalen(message), t->profile);

        return r < 0 ? error_errno(e, r, "queueing discipline message") : 0;
}

/* Takes message over. */
static int dump(AdapterSockets *s, struct nl_msg *message, NetlinkHandler handler, Taking *t, Error *e) {
        _cleanup_(netlink_message_freep) struct nl_msg *m = message;

        return m ? netlink_socket_dump(s->route, m, handler, t, e) : error_errno(e, -ENOMEM, "filter message");
}

static bool is_on(const AdapterProfile *p, AdapterAttribute a) {
        return p->value[a].set && p->value[a].word[0] != 0;
}

static int read_once(AdapterSockets *s, AdapterProfile *p, Error *e) {
        Taking t = { .profile = p };
        int r;

        adapter_profile_clear(p, UINT64_C(1) << PRIME_FILTERS);
        p->value[ATTRIBUTE_FILTER_HOOK] = adapter_value_number(0);
        r = dump(s, qdisc_codec_get(p->ifindex), take_hook, &t, e);
        if (r >= 0 && (is_on(p, ATTRIBUTE_FILTER_HOOK) || is_on(p, ATTRIBUTE_FILTER_INGRESS_ONLY)))
                r = dump(s, filter_codec_get(p->ifindex, false), take_filter, &t, e);
        t.egress = true;
        if (r >= 0 && is_on(p, ATTRIBUTE_FILTER_HOOK))
                r = dump(s, filter_codec_get(p->ifindex, true), take_filter, &t, e);
        return r;
}

/* A program that cannot be had cannot be put anywhere. */
static void set_aside(AdapterProfile *p, const char *name, const Error *why) {
        char entry[ADAPTER_NAME_MAX];
        AdapterValue *v;

        memcpy(entry, name, sizeof(entry)); /* the name goes with the entry */
        adapter_profile_remove(p, ATTRIBUTE_FILTER, 0, entry);
        v = adapter_profile_add(p, ATTRIBUTE_FILTER_OTHER, 0, entry);
        if (v)
                *v = adapter_value_bytes(why->text, strnlen(why->text, ADAPTER_BYTES_MAX));
}

static void check_programs(AdapterProfile *p) {
        size_t n;

        (void) adapter_profile_entries(p, ATTRIBUTE_FILTER, &n);
        for (size_t i = n; i > 0; i--) {
                const AdapterEntry *filter = &adapter_profile_entries(p, ATTRIBUTE_FILTER, &n)[i - 1];
                uint32_t id = filter_codec_program(&filter->value);
                _cleanup_close_ int fd = -EBADF;
                Error why = {};

                if (id == 0)
                        continue;
                fd = bpf_program_open(id, &why);
                if (fd < 0)
                        set_aside(p, filter->name, &why);
        }
}

/* How many filters there are that are not primed's own. */
static size_t count(const AdapterProfile *p) {
        size_t n, m;

        (void) adapter_profile_entries(p, ATTRIBUTE_FILTER, &n);
        (void) adapter_profile_entries(p, ATTRIBUTE_FILTER_OTHER, &m);
        return n + m;
}

int adapter_filter_read(AdapterSockets *s, AdapterProfile *p, Error *e) {
        int r = -EINTR;

        for (unsigned i = 0; i < DUMPS_MAX && r == -EINTR; i++)
                r = read_once(s, p, e);
        if (r == -EINTR)
                return error_errno(e, r, "it changed while it was read");
        if (r == -EOPNOTSUPP) /* a kernel without classifiers */
                return 0;
        if (r < 0)
                return r;
        check_programs(p);
        if (is_on(p, ATTRIBUTE_FILTER_OWN) && count(p) == 0)
                p->value[ATTRIBUTE_FILTER_HOOK] = adapter_value_number(0);
        return 0;
}

/* One run of writing. */
typedef struct Writing {
        AdapterSockets *sockets;
        AdapterProfile *now;
        const AdapterChange *changes;
        size_t n;
} Writing;

/* Takes message over. */
static int send_message(Writing *w, struct nl_msg *message, Error *e) {
        _cleanup_(netlink_message_freep) struct nl_msg *m = message;

        return m ? netlink_socket_request(w->sockets->route, m, NULL, NULL, e)
                 : error_errno(e, -ENOMEM, "filter message");
}

/* Whether something changes in the direction and priority of the filter with that name. */
static bool is_touched(const Writing *w, const char *name, FilterPlace *ret) {
        if (!filter_place_parse(name, ret))
                return false;
        for (size_t i = 0; i < w->n; i++) {
                FilterPlace place;

                if (w->changes[i].attribute == ATTRIBUTE_FILTER &&
                                filter_place_parse(w->changes[i].name, &place) && place.egress == ret->egress &&
                                place.priority == ret->priority)
                        return true;
        }
        return false;
}

static int check_changes(const Writing *w, Error *e) {
        for (size_t i = 0; i < w->n; i++) {
                FilterPlace place;

                if (w->changes[i].attribute == ATTRIBUTE_FILTER_HOOK)
                        continue;
                if (w->changes[i].attribute != ATTRIBUTE_FILTER ||
                                !filter_place_parse(w->changes[i].name, &place))
                        return error_errno(e, -EINVAL, "filter %s", w->changes[i].name);
                if (place.priority == OWN_FILTER_PRIORITY && is_on(w->now, ATTRIBUTE_FILTER_OWN))
                        return error_set(e, ERROR_NOT_SUPPORTED, -EOPNOTSUPP,
                                        "filter %s: its priority is that of primed's own programs",
                                        w->changes[i].name);
        }
        return 0;
}

/* All of a priority go with the first. */
static int remove_touched(Writing *w, Error *e) {
        size_t n;
        const AdapterEntry *filters = adapter_profile_entries(w->now, ATTRIBUTE_FILTER, &n);

        for (size_t i = 0; i < n; i++) {
                FilterPlace place;
                int r;

                if (!is_touched(w, filters[i].name, &place))
                        continue;
                r = send_message(w, filter_codec_remove(w->now->ifindex, &place), e);
                if (r < 0 && r != -ENOENT)
                        return r;
                *e = (Error){};
        }
        return 0;
}

static int apply_changes(Writing *w, Error *e) {
        for (size_t i = 0; i < w->n; i++) {
                const AdapterChange *c = &w->changes[i];
                AdapterValue *v;

                if (c->attribute != ATTRIBUTE_FILTER)
                        continue;
                if (c->value.absent) {
                        adapter_profile_remove(w->now, ATTRIBUTE_FILTER, 0, c->name);
                        continue;
                }
                v = adapter_profile_add(w->now, ATTRIBUTE_FILTER, 0, c->name);
                if (!v)
                        return error_errno(e, -ENOSPC, "filter %s", c->name);
                *v = c->value;
        }
        return 0;
}

static int add_filter(Writing *w, const AdapterEntry *filter, const FilterPlace *place, Error *e) {
        uint32_t id = filter_codec_program(&filter->value);
        _cleanup_close_ int fd = -EBADF;
        struct nl_msg *m = NULL;
        int r;

        if (id != 0) {
                fd = bpf_program_open(id, e);
                if (fd < 0)
                        return fd;
        }
        r = filter_codec_add(w->now->ifindex, place, &filter->value, fd, &m);
        return r < 0 ? error_errno(e, r, "filter %s", filter->name) : send_message(w, m, e);
}

static int add_touched(Writing *w, Error *e) {
        size_t n;
        const AdapterEntry *filters = adapter_profile_entries(w->now, ATTRIBUTE_FILTER, &n);
        int r = 0;

        for (size_t i = 0; i < n && r >= 0; i++) {
                FilterPlace place;

                if (is_touched(w, filters[i].name, &place))
                        r = add_filter(w, &filters[i], &place, e);
        }
        return r;
}

static int set_hook(Writing *w, bool on, Error *e) {
        for (size_t i = 0; i < w->n; i++) {
                bool wanted = w->changes[i].value.word[0] != 0;
                int r;

                if (w->changes[i].attribute != ATTRIBUTE_FILTER_HOOK || wanted != on)
                        continue;
                if (!on && (is_on(w->now, ATTRIBUTE_FILTER_OWN) || count(w->now) > 0))
                        continue;
                r = send_message(w, filter_codec_set_hook(w->now->ifindex, on), e);
                if (r < 0 && r != (on ? -EEXIST : -ENOENT) && !(r == -EINVAL && !on))
                        return r;
                *e = (Error){};
        }
        return 0;
}

int adapter_filter_write(AdapterSockets *s, int ifindex, const AdapterChange *changes, size_t n, Error *e) {
        _cleanup_(adapter_profile_freep) AdapterProfile *now = adapter_profile_new();
        Writing w = { .sockets = s, .now = now, .changes = changes, .n = n };
        int r;

        if (!now)
                return error_errno(e, -ENOMEM, "filters");
        now->ifindex = ifindex;
        r = adapter_filter_read(s, now, e);
        if (r >= 0)
                r = check_changes(&w, e);
        if (r >= 0)
                r = set_hook(&w, true, e);
        if (r >= 0)
                r = remove_touched(&w, e);
        if (r >= 0)
                r = apply_changes(&w, e);
        if (r >= 0)
                r = add_touched(&w, e);
        if (r < 0)
                return r;
        r = adapter_filter_read(s, now, e); /* what came to hang there meanwhile */
        return r < 0 ? r : set_hook(&w, false, e);
}
