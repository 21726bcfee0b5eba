/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netlink/attr.h>
#include <stdio.h>
#include <time.h>

#include "alloc-util.h"
#include "identity-codec.h"
#include "identity-move.h"
#include "identity-plan.h"
#include "redirect-announce.h"
#include "redirect-programs.h"
#include "steering-undo.h"

/* How often, and how far apart, everybody is told where the identity is now: an announcement is answered by
 * nobody. */
#define ANNOUNCEMENTS     3
#define ANNOUNCE_INTERVAL (5 * USEC_PER_MSEC)

typedef struct Course {
        IdentityMove *move;
        Rtnetlink *netlink;
        IdentityPlace place[_PAIR_SIDE_MAX];
} Course;

static int ifindex_of(const IdentityMove *m, PairSide side) {
        return m->parameters.ifindex[side];
}

static int call(Rtnetlink *n, struct nl_msg *message) {
        _cleanup_(rtnetlink_message_freep) struct nl_msg *m = message;

        return m ? rtnetlink_call(n, m) : -ENOMEM;
}

typedef struct Same {
        const Course *course;
        const RecordEntry *entry;
        int lower;
        bool is;
} Same;

static int compare_link(struct nlmsghdr *h, void *userdata) {
        Same *s = userdata;

        s->is = identity_codec_is_same_child(s->course->move->record, s->entry, s->lower, h);
        return 0;
}

static int get_link(Rtnetlink *n, int ifindex, RtnetlinkHandler handler, void *userdata) {
        struct ifinfomsg head = { .ifi_index = ifindex };
        _cleanup_(rtnetlink_message_freep) struct nl_msg *m = nlmsg_alloc_simple(RTM_GETLINK, 0);

        if (!m || nlmsg_append(m, &head, sizeof(head), NLMSG_ALIGNTO) < 0 ||
                        nla_put_u32(m, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS) < 0)
                return -ENOMEM;
        return rtnetlink_get(n, m, handler, userdata);
}

/* Whether the device of that name is the recorded one, on that lower device, and not another's. */
static bool is_same_child(const Course *c, const RecordEntry *e, int ifindex, int lower) {
        Same same = { .course = c, .entry = e, .lower = lower };

        return get_link(c->netlink, ifindex, compare_link, &same) >= 0 && same.is;
}

static const RecordEntry *link_of(const IdentityRecord *r, uint32_t device) {
        for (uint32_t i = 0; i < r->n_entries; i++)
                if (r->entries[i].kind == RECORD_LINK && r->entries[i].device == device)
                        return r->entries + i;
        return NULL;
}

/* Where a device that lies on that side's adapter is, by its name. */
static void find_device(Course *c, PairSide side, uint32_t device) {
        const IdentityRecord *r = c->move->record;
        const RecordEntry *e = link_of(r, device);
        IdentityPlace *place = c->place + side;
        int ifindex = (int) if_nametoindex(r->devices[device].name);

        if (!e || ifindex <= 0 || !is_same_child(c, e, ifindex, place->ifindex[r->devices[device].lower]))
                ifindex = 0;
        place->ifindex[device] = ifindex;
}

static void find_places(Course *c) {
        for (PairSide side = 0; side < _PAIR_SIDE_MAX; side++) {
                IdentityPlace *place = c->place + side;

                *place = (IdentityPlace){ .ifindex[0] = ifindex_of(c->move, side) };
                if (place->ifindex[0] > 0)
                        (void) if_indextoname((unsigned) place->ifindex[0], place->name);
                for (uint32_t d = 1; place->name[0] && d < c->move->record->n_devices; d++)
                        find_device(c, side, d);
        }
}

static int course_init(Course *ret, IdentityMove *m, Error *e) {
        int r;

        *ret = (Course){ .move = m };
        r = rtnetlink_new(&ret->netlink, e);
        if (r >= 0)
                find_places(ret);
        return r;
}

static void course_done(Course *c) {
        c->netlink = rtnetlink_free(c->netlink);
}

/* ---- the adapters themselves ---- */

static bool takes_address(const IdentityMove *m) {
        return !m->keep_address && !ether_address_is_zero(&m->record->address) &&
                        !ether_address_is_zero(&m->record->spare_address);
}

static int set_link(const Course *c, int ifindex, const IdentityLinkSetting *what) {
        return call(c->netlink, identity_codec_link(ifindex, what));
}

/* Some drivers take an address only while they are down (net/ethernet/eth.c eth_prepare_mac_addr_change()). Of
 * an adapter that carries nothing that may be done. */
static int set_address(const Course *c, int ifindex, const EtherAddress *address, bool may_bounce) {
        IdentityLinkSetting what = { .address = address, .master = -1, .addr_gen_mode = -1 };
        int r = set_link(c, ifindex, &what);

        if (r != -EBUSY || !may_bounce)
                return r;
        what.down = true;
        r = set_link(c, ifindex, &(IdentityLinkSetting){ .master = -1, .addr_gen_mode = -1, .down = true });
        if (r >= 0)
                r = set_link(c, ifindex,
                                &(IdentityLinkSetting){
                                                .address = address, .master = -1, .addr_gen_mode = -1 });
        (void) set_link(c, ifindex, &(IdentityLinkSetting){ .master = -1, .addr_gen_mode = -1, .up = true });
        return r;
}

static void note(IdentityMove *m, int code, const char *what) {
        m->n_skipped++;
        error_errno(&m->notice, code, "%s", what);
}

/* Peers know the identity by its MAC address, some for good. An adapter that does not take it keeps its own,
 * and the announcement tells them of that one. */
static int dress_spare(const Course *c) {
        IdentityMove *m = c->move;
        int ifindex = ifindex_of(m, SIDE_STANDBY), r;
        IdentityLinkSetting what;

        identity_codec_link_setting(m->record, 0, &what);
        if (takes_address(m)) {
                r = set_address(c, ifindex, &m->record->address, false);
                if (r < 0)
                        note(m, r, "the MAC address could not be taken over, so peers are told of another");
        }
        if (what.master > 0) { /* a VRF: the pair would not be steered in anything else */
                r = set_link(c, ifindex, &(IdentityLinkSetting){ .master = what.master, .addr_gen_mode = -1 });
                if (r < 0)
                        return r;
        }
        return 1;
}

static int undress_spare(const Course *c) {
        IdentityMove *m = c->move;
        int ifindex = ifindex_of(m, SIDE_STANDBY), r = 0;
        IdentityLinkSetting what;

        identity_codec_link_setting(m->record, 0, &what);
        if (what.master > 0)
                r = set_link(c, ifindex, &(IdentityLinkSetting){ .master = 0, .addr_gen_mode = -1 });
        if (takes_address(m)) {
                int k = set_address(c, ifindex, &m->record->spare_address, true);

                r = r < 0 ? r : k;
        }
        return r < 0 ? r : 1;
}

static int dress_primary(const Course *c) {
        const IdentityRecord *record = c->move->record;
        int ifindex = ifindex_of(c->move, SIDE_PRIMARY), r;
        IdentityLinkSetting what;

        identity_codec_link_setting(record, 0, &what);
        what.addr_gen_mode = IN6_ADDR_GEN_MODE_NONE;
        what.up = record->up;
        what.master = what.master > 0 ? what.master : -1;
        r = ether_address_is_zero(&record->address) ? 0 : set_address(c, ifindex, &record->address, true);
        if (r >= 0)
                r = set_link(c, ifindex, &what);
        if (r == -EAFNOSUPPORT || r == -EOPNOTSUPP) {
                what.addr_gen_mode = -1;
                r = set_link(c, ifindex, &what);
        }
        return r < 0 ? r : 1;
}

static int park_primary(const Course *c) {
        const IdentityRecord *record = c->move->record;
        int ifindex = ifindex_of(c->move, SIDE_PRIMARY), r = 0;
        IdentityLinkSetting what = { .master = -1, .addr_gen_mode = IN6_ADDR_GEN_MODE_NONE };

        if (takes_address(c->move))
                r = set_address(c, ifindex, &record->spare_address, true);
        if (r >= 0)
                r = set_link(c, ifindex, &what);
        if (r == -EAFNOSUPPORT || r == -EOPNOTSUPP)
                r = 0;
        if (r >= 0 && record->up)
                r = set_link(c, ifindex,
                                &(IdentityLinkSetting){ .master = -1, .addr_gen_mode = -1, .up = true });
        return r < 0 ? r : 1;
}

/* What was made silent to be given addresses that need no detection may speak again. */
static void let_generate(const Course *c, PairSide side) {
        const IdentityRecord *r = c->move->record;

        for (uint32_t d = side == SIDE_STANDBY; d < r->n_devices; d++) {
                IdentityLinkSetting what;

                identity_codec_link_setting(r, d, &what);
                what = (IdentityLinkSetting){ .master = -1, .addr_gen_mode = what.addr_gen_mode };
                if (c->place[side].ifindex[d] > 0 && what.addr_gen_mode >= 0)
                        (void) set_link(c, c->place[side].ifindex[d], &what);
        }
}

/* ---- steps ---- */

static bool is_there_already(int code) {
        return code == -EEXIST;
}

static bool is_gone_already(int code) {
        return code == -ESRCH || code == -ENOENT || code == -EADDRNOTAVAIL || code == -ENODEV;
}

/* It is set up only when it makes no IPv6 address by itself: those that are added need not wait for the
 * detection of duplicates then. */
static int set_up_device(const Course *c, const RecordEntry *e, int ifindex) {
        IdentityLinkSetting what;

        identity_codec_link_setting(c->move->record, e->device, &what);
        if (!what.up)
                return 0;
        (void) set_link(c, ifindex,
                        &(IdentityLinkSetting){ .master = -1, .addr_gen_mode = IN6_ADDR_GEN_MODE_NONE });
        return set_link(c, ifindex, &(IdentityLinkSetting){ .master = -1, .addr_gen_mode = -1, .up = true });
}

static int add_device(Course *c, PairSide side, const RecordEntry *e, struct nl_msg *m) {
        const int *ifindex = c->place[side].ifindex + e->device;
        int r = call(c->netlink, m), k;

        if (r < 0 && !is_there_already(r))
                return r;
        find_device(c, side, e->device);
        /* of that name there is another one, or another name has the VLAN */
        if (*ifindex <= 0)
                return -EBUSY;
        k = set_up_device(c, e, *ifindex);
        return k < 0 ? k : r;
}

static int carry_out_base(const Course *c, PairSide side, bool remove) {
        if (side == SIDE_STANDBY)
                return remove ? undress_spare(c) : dress_spare(c);
        return remove ? park_primary(c) : dress_primary(c);
}

static int carry_out_entry(Course *c, PairSide side, RecordEntry *e, bool remove) {
        IdentityPlace *place = c->place + side;
        struct nl_msg *m = NULL;
        int r;

        r = identity_codec_request(c->move->record, e, place, remove, side == SIDE_STANDBY, c->move->now, &m);
        if (r < 0)
                return r == -ESTALE ? 0 : r;
        if (e->kind != RECORD_LINK)
                r = call(c->netlink, m);
        else {
                r = remove ? call(c->netlink, m) : add_device(c, side, e, m);
                find_device(c, side, e->device);
        }
        return r < 0 ? r : 1;
}

static int carry_out(const IdentityStep *s, bool undo, void *userdata) {
        Course *c = userdata;
        IdentityRecord *record = c->move->record;
        RecordEntry *e = record->entries + s->entry;
        bool remove = s->remove != undo;
        int r;

        r = e->kind == RECORD_LINK && e->device == 0 ? carry_out_base(c, s->side, remove)
                                                     : carry_out_entry(c, s->side, e, remove);
        if (remove)
                return is_gone_already(r) ? 0 : r;
        if (is_there_already(r))
                r = 0;
        if (s->side == SIDE_STANDBY && (r > 0 || (r == 0 && c->move->resume)))
                e->made = 1;
        return r;
}

static const char *const kind_words[_RECORD_KIND_MAX] = {
        [RECORD_LINK] = "a device",
        [RECORD_ADDRESS] = "an address",
        [RECORD_ROUTE] = "a route",
        [RECORD_RULE] = "a rule",
        [RECORD_NEIGHBOUR] = "a permanent neighbour",
};

static void skip(const IdentityStep *s, int code, void *userdata) {
        const Course *c = userdata;
        const RecordEntry *e = c->move->record->entries + s->entry;

        c->move->n_skipped++;
        error_set(&c->move->notice, ERROR_FAILED, code, "%s of %s could not be %s %s: %s", kind_words[e->kind],
                        c->move->record->devices[e->device].name, s->remove ? "taken off" : "put on",
                        c->move->parameters.name[s->side],
                        code == c->netlink->code ? rtnetlink_words(c->netlink) : strerror(-code));
}

/* ---- telling the network ---- */

/* Who was known by a device that is gone need not be asked for. It is no loss if that fails. */
static void put_neighbours(const Course *c) {
        const IdentityMove *m = c->move;

        for (size_t i = 0; i < m->n_neighbours; i++) {
                Neighbour neighbour = m->neighbours[i];
                int d = identity_record_find_device(m->record, neighbour.ifindex);

                /* a permanent one was put already, and is to stay that */
                if (d < 0 || identity_record_has_neighbour(m->record, (uint32_t) d, &neighbour))
                        continue;
                neighbour.ifindex = c->place[SIDE_STANDBY].ifindex[d];
                if (neighbour.ifindex > 0)
                        (void) call(c->netlink, neighbour_request(&neighbour));
        }
}

static void wait_a_little(void) {
        struct timespec t = { .tv_nsec = (long) (ANNOUNCE_INTERVAL * 1000) };

        (void) nanosleep(&t, NULL);
}

/* The traffic has its way already, so a failure here is no reason to give that up. */
static void announce(const Course *c, PairSide side) {
        const int ifindex[_PAIR_SIDE_MAX] = { ifindex_of(c->move, side), -1 };
        _cleanup_free_ Identity *identity = NULL;
        FrameList list = {};

        if (identity_read_devices(&identity, c->netlink, ifindex) < 0)
                return;
        if (identity_read_hosts(identity, c->netlink) >= 0 && announce_build_move(&list, identity, NULL) >= 0)
                for (unsigned i = 0; i < ANNOUNCEMENTS; i++) {
                        if (i > 0)
                                wait_a_little();
                        (void) announce_once(ifindex[0], c->move->parameters.name[side], &list, NULL);
                }
        frame_list_done(&list);
}

/* ---- courses ---- */

/* The programs on the standby keep it silent for the primary's sake. What is undone was done to the devices
 * that there were then. */
static int remove_steering(const IdentityMove *m, Rtnetlink *n, Error *e) {
        SteeringParameters then = m->parameters;
        RedirectPrograms programs;
        int r;

        r = redirect_programs_open(&programs, &then, e);
        if (r < 0)
                return r;
        for (PairSide side = 0; side < _PAIR_SIDE_MAX; side++)
                if (programs.config.ifindex[side] != 0)
                        then.ifindex[side] = (int) programs.config.ifindex[side];
        r = steering_undo(&programs, n, &then, e);
        redirect_programs_done(&programs);
        return r;
}

static int run_plan(Course *c, int (*plan)(const IdentityRecord *r, IdentityPlan **ret),
                const IdentityPlan *given, const char *what, Error *e) {
        _cleanup_(identity_plan_freep) IdentityPlan *made = NULL;
        const IdentityStep *failed = NULL;
        const RecordEntry *entry;
        int r = plan ? plan(c->move->record, &made) : 0;

        if (r >= 0)
                r = identity_plan_run(made ? made : given, carry_out, skip, c, &failed);
        if (r >= 0)
                return 0;
        if (!failed)
                return error_errno(e, r, "%s", what);
        entry = c->move->record->entries + failed->entry;
        return error_set(e, ERROR_FAILED, r, "%s: %s of %s: %s", what, kind_words[entry->kind],
                        c->move->record->devices[entry->device].name, strerror(-r));
}

static int put(Course *c, Error *e) {
        IdentityMove *m = c->move;
        char what[128];
        int r;

        r = remove_steering(m, c->netlink, e);
        if (r < 0)
                return r;
        for (uint32_t i = 0; i < m->record->n_entries && !m->resume; i++)
                m->record->entries[i].made = 0;
        snprintf(what, sizeof(what), "cannot put the addresses of %s on %s", m->parameters.name[SIDE_PRIMARY],
                        m->parameters.name[SIDE_STANDBY]);
        r = run_plan(c, identity_plan_put, NULL, what, e);
        if (r < 0)
                return r;
        put_neighbours(c);
        announce(c, SIDE_STANDBY);
        let_generate(c, SIDE_STANDBY);
        return 0;
}

/* What somebody has made of the primary since it came back. */
static bool is_in_use(const IdentityMove *m) {
        IdentityRecord *now = NULL;
        bool in_use;

        if (identity_records_read(&m->parameters.ifindex[SIDE_PRIMARY], &m->parameters.ifindex[SIDE_STANDBY], 1,
                            &now, m->now, NULL) < 0 ||
                        !now)
                return false;
        in_use = identity_record_in_use(now);
        identity_record_free(now);
        return in_use;
}

static int park(Course *c, Error *e) {
        const IdentityMove *m = c->move;
        int r = is_in_use(m) ? 0 : park_primary(c);

        return r < 0 ? error_set(e, ERROR_FAILED, r, "cannot make %s ready to stand by: %s",
                                       m->parameters.name[SIDE_PRIMARY], rtnetlink_words(c->netlink))
                     : 0;
}

static int take(Course *c, Error *e) {
        _cleanup_(identity_plan_freep) IdentityPlan *plan = NULL;
        IdentityMove *m = c->move;
        bool restore = m->resume || !is_in_use(m); /* what is there by now may be of the first try */
        char what[128];
        int r;

        snprintf(what, sizeof(what), "cannot give %s its addresses back", m->parameters.name[SIDE_PRIMARY]);
        r = identity_plan_take(m->record, restore, &plan);
        if (r < 0)
                return error_errno(e, r, "%s", what);
        r = run_plan(c, NULL, plan, what, e);
        if (r < 0) {
                announce(c, SIDE_STANDBY);
                return r;
        }
        if (restore)
                let_generate(c, SIDE_PRIMARY);
        else if (takes_address(m)) /* parked, and since then somebody has taken it into use */
                (void) set_address(c, ifindex_of(m, SIDE_PRIMARY), &m->record->address, true);
        announce(c, SIDE_PRIMARY);
        return 0;
}

static int run_course(IdentityMove *m, int (*course)(Course *c, Error *e), Error *e) {
        Course c;
        int r = course_init(&c, m, e);

        if (r >= 0)
                r = course(&c, e);
        course_done(&c);
        return r;
}

int identity_move_put(IdentityMove *m, Error *e) {
        return run_course(m, put, e);
}

int identity_move_park(IdentityMove *m, Error *e) {
        return run_course(m, park, e);
}

int identity_move_take(IdentityMove *m, Error *e) {
        return run_course(m, take, e);
}
