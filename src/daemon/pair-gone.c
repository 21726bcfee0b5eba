/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* When the primary's device itself disappears, its addresses, routes and VLANs disappear with it: they are put
 * on the standby, and taken back when it returns. The machine says `absent` all the while; this says where the
 * addresses are. Every step of it is remembered before it is begun, so that a restart goes on from there. */

#include <stdio.h>

#include "pair-internal.h"
#include "pair-shell.h"

/* An adapter that was set down this long before it disappeared was taken out on purpose. A device that is
 * unregistered is set down first, and may wait there for those who still use it (net/core/dev.c). */
#define DOWN_ON_PURPOSE (2 * USEC_PER_SEC)
#define RETRY           (5 * USEC_PER_SEC)

static const char *const pair_identity_table[_PAIR_IDENTITY_MAX] = {
        [PAIR_IDENTITY_HOME] = "home",
        [PAIR_IDENTITY_WANTED] = "wanted",
        [PAIR_IDENTITY_PUTTING] = "putting",
        [PAIR_IDENTITY_AWAY] = "away",
        [PAIR_IDENTITY_LOST] = "lost",
        [PAIR_IDENTITY_TAKING] = "taking",
};
DEFINE_STRING_TABLE(pair_identity, PairIdentity);

static void set_stage(Pair *p, PairIdentity stage) {
        p->identity = stage;
        p->ports.save(p->userdata, p);
        p->ports.changed(p->userdata);
}

PairIdentity pair_identity(const Pair *p) {
        return p->identity;
}

bool pair_identity_is_away(const Pair *p) {
        return p->identity == PAIR_IDENTITY_AWAY || p->identity == PAIR_IDENTITY_TAKING;
}

/* Whoever waits for something that will not come now is told so. */
static void refuse_pending(Pair *p) {
        Error e = {};

        p->drill = DRILL_NONE;
        p->take_asked = false;
        error_set(&e, ERROR_NOT_READY, -ENODEV, "pair %s: the device of %s was removed", p->policy.name,
                        p->link[SIDE_PRIMARY].name);
        pair_answer(p, &(PairReply){}, &e);
}

/* Called while what steers is still known. */
void pair_gone_note(Pair *p, usec_t now) {
        if (p->identity != PAIR_IDENTITY_HOME || p->link[SIDE_PRIMARY].exists || p->replaced || !p->steering ||
                        steering_get_home(p->steering) != 0 || p->policy.mode == MODE_OBSERVE ||
                        !p->ports.identity_known(p->userdata))
                return;
        if (now >= p->primary_up_until) {
                pair_tell(p, EVENT_IDENTITY_STAYS, SIDE_PRIMARY,
                                "%s was set down before it was removed, so that is taken for intended: its "
                                "addresses are not put on %s%s",
                                p->link[SIDE_PRIMARY].name, p->link[SIDE_STANDBY].name,
                                p->last_words[SIDE_PRIMARY]);
                return;
        }
        p->identity_since = now;
        p->identity_resume = false;
        refuse_pending(p);
        set_stage(p, PAIR_IDENTITY_WANTED);
}

void pair_gone_link(Pair *p, const PairLink *old, const PairLink *new, usec_t now) {
        if (old->exists && old->up)
                p->primary_up_until = new->exists &&new->up ? USEC_INFINITY : usec_add(now, DOWN_ON_PURPOSE);
        else if (new->exists &&new->up)
                p->primary_up_until = USEC_INFINITY;
        if (new->exists)
                return;
        p->parked = p->home_in_use = false;
        if (p->take_asked && p->identity != PAIR_IDENTITY_TAKING)
                refuse_pending(p);
}

/* ---- there ---- */

static void tell_trouble(Pair *p, const char *text, usec_t now) {
        p->identity_retry_at = usec_add(now, RETRY);
        p->ports.wake(p->userdata, p->identity_retry_at);
        if (streq(p->identity_trouble, text))
                return;
        snprintf(p->identity_trouble, sizeof(p->identity_trouble), "%s", text);
        pair_tell(p, EVENT_SWITCH_FAILED, _PAIR_SIDE_INVALID, "%s", text);
}

static bool start(Pair *p, PairIdentityTask task, usec_t now) {
        char text[PAIR_REASON_MAX];
        Error e = {};

        if (p->ports.identity(p->userdata, task, p->identity_resume, &e) >= 0) {
                p->identity_task = task;
                p->identity_running = true;
                return true;
        }
        snprintf(text, sizeof(text), "%.190s", e.text);
        tell_trouble(p, text, now);
        return false;
}

static void put(Pair *p, usec_t now) {
        char why[PAIR_REASON_MAX];

        if (now < p->identity_retry_at || !pair_link_is_alive(p->link + SIDE_STANDBY) || !pair_may_act(p, why))
                return;
        if (p->finish_at != 0)
                pair_move_end(p, MOVE_DONE, now);
        p->serving = SIDE_PRIMARY;
        if (p->move.id == 0) {
                snprintf(why, sizeof(why), "%s is gone: its device was removed%s", p->link[SIDE_PRIMARY].name,
                                p->last_words[SIDE_PRIMARY]);
                pair_aim_set(&p->aim, GOAL_NONE, MOVE_BY_FAILURE, p->identity_since, now, why);
                pair_move_begin(p, now);
        }
        set_stage(p, PAIR_IDENTITY_PUTTING);
        if (!start(p, PAIR_IDENTITY_PUT, now))
                set_stage(p, PAIR_IDENTITY_WANTED);
}

static void put_done(Pair *p, int result, const char *notice, const Error *e, usec_t now) {
        const char *gone = p->link[SIDE_PRIMARY].name, *spare = p->link[SIDE_STANDBY].name;
        char text[PAIR_REASON_MAX];

        if (result < 0) {
                /* one that was killed may have got somewhere */
                p->identity_resume |= result == -EPROTO || result == -ETIMEDOUT;
                snprintf(text, sizeof(text), "%.190s", e->text);
                set_stage(p, PAIR_IDENTITY_WANTED);
                tell_trouble(p, text, now);
                return;
        }
        p->identity_resume = false;
        p->identity_trouble[0] = 0;
        p->serving = SIDE_STANDBY;
        p->move.ingress_usec = p->move.egress_usec = usec_sub(now, p->aim.decided_at);
        p->move.duration_usec = p->move.egress_usec;
        set_stage(p, PAIR_IDENTITY_AWAY);
        pair_tell(p, EVENT_IDENTITY_MOVED, SIDE_PRIMARY, "%s is gone%s; its addresses are on %s%s%.150s", gone,
                        p->last_words[SIDE_PRIMARY], spare, notice[0] ? "; " : "", notice);
        pair_move_end(p, MOVE_DONE, now);
}

/* ---- and back ---- */

static void take(Pair *p, MoveTrigger trigger, const char *why, usec_t now) {
        if (now < p->identity_retry_at)
                return;
        p->serving = SIDE_STANDBY;
        pair_aim_set(&p->aim, GOAL_NONE, trigger, now, now, why);
        pair_move_begin(p, now);
        set_stage(p, PAIR_IDENTITY_TAKING);
        if (start(p, PAIR_IDENTITY_TAKE, now))
                return;
        set_stage(p, PAIR_IDENTITY_AWAY);
        pair_move_end(p, MOVE_FAILED, now);
}

static void take_done(Pair *p, int result, const char *notice, const Error *e, usec_t now) {
        const char *back = p->link[SIDE_PRIMARY].name, *spare = p->link[SIDE_STANDBY].name;
        char text[PAIR_REASON_MAX];

        p->take_asked = p->identity_resume = false;
        if (result < 0) {
                snprintf(text, sizeof(text), "%.190s", e->text);
                set_stage(p, PAIR_IDENTITY_AWAY);
                tell_trouble(p, text, now);
                pair_move_end(p, MOVE_FAILED, now);
                return;
        }
        p->identity_trouble[0] = 0;
        p->parked = p->home_in_use = false;
        p->serving = SIDE_PRIMARY;
        p->move.ingress_usec = p->move.egress_usec = usec_sub(now, p->aim.decided_at);
        p->move.duration_usec = p->move.egress_usec;
        p->attach_retry_at = now;
        set_stage(p, PAIR_IDENTITY_HOME);
        pair_tell(p, EVENT_IDENTITY_RETURNED, SIDE_PRIMARY,
                        "the addresses of %s were taken off %s and are its own "
                        "again%s%.150s",
                        back, spare, notice[0] ? "; " : "", notice);
        pair_move_end(p, MOVE_DONE, now);
}

/* How long its link has been good, once its identity may return by itself; wakes for it. */
static bool is_good_for_long(Pair *p, usec_t now, char why[static PAIR_REASON_MAX]) {
        usec_t due;

        if (p->policy.failback != FAILBACK_AUTO || !pair_link_is_alive(p->link + SIDE_PRIMARY)) {
                p->aim.healthy_since = 0;
                return false;
        }
        if (p->aim.healthy_since == 0)
                p->aim.healthy_since = now;
        due = usec_add(p->aim.healthy_since, p->policy.failback_after);
        if (now < due) /* what forbids it then will come to an end by itself, and be told */
                p->ports.wake(p->userdata, due);
        snprintf(why, PAIR_REASON_MAX, "the link of %s has been good for %s", p->link[SIDE_PRIMARY].name,
                        FORMAT_TIMESPAN(p->policy.failback_after));
        return now >= due;
}

/* The primary exists again, or another device in its place. */
static void judge_return(Pair *p, usec_t now) {
        const char *name = p->link[SIDE_PRIMARY].name;
        char why[PAIR_REASON_MAX], held[PAIR_REASON_MAX];

        if (!p->parked) {
                if (now >= p->identity_retry_at)
                        (void) start(p, PAIR_IDENTITY_PARK, now);
        } else if (p->take_asked)
                take(p, MOVE_BY_REVERT,
                                p->pending.set && p->pending.request.reason[0] ? p->pending.request.reason
                                                                               : "by request",
                                now);
        else if (p->home_in_use && pair_may_act(p, held)) {
                snprintf(why, sizeof(why), "%s is back, and somebody has given it addresses", name);
                take(p, MOVE_BY_FAILBACK, why, now);
        } else if (is_good_for_long(p, now, why) && pair_may_act(p, held))
                take(p, MOVE_BY_FAILBACK, why, now);
}

static void park_done(Pair *p, int result, const Error *e, usec_t now) {
        char text[PAIR_REASON_MAX];

        /* it only keeps the two from speaking under one address: no reason not to go on */
        p->parked = p->link[SIDE_PRIMARY].exists;
        if (result < 0 && p->parked) {
                snprintf(text, sizeof(text), "%.190s", e->text);
                tell_trouble(p, text, now);
        }
        if (p->parked)
                pair_tell(p, EVENT_IDENTITY_WAITS, SIDE_PRIMARY,
                                "%s is back; its addresses stay on %s until %s", p->link[SIDE_PRIMARY].name,
                                p->link[SIDE_STANDBY].name,
                                p->policy.failback == FAILBACK_AUTO ? "its link has been good for long enough"
                                                                    : "they are asked back (primectl revert)");
        p->ports.changed(p->userdata);
}

void pair_identity_done(Pair *p, int result, const char *notice, const Error *e, usec_t now) {
        p->identity_running = false;
        switch (p->identity_task) {
        case PAIR_IDENTITY_PUT:
                put_done(p, result, notice, e, now);
                break;
        case PAIR_IDENTITY_PARK:
                park_done(p, result, e, now);
                break;
        case PAIR_IDENTITY_TAKE:
                take_done(p, result, notice, e, now);
                break;
        case _PAIR_IDENTITY_TASK_MAX:
        case _PAIR_IDENTITY_TASK_INVALID:
                break;
        }
        pair_dispatch(p, now);
}

void pair_home_in_use(Pair *p, usec_t now) {
        if (p->identity != PAIR_IDENTITY_AWAY || p->home_in_use)
                return;
        p->home_in_use = true;
        pair_dispatch(p, now);
}

/* It came back before anything was put anywhere. */
static void come_home(Pair *p, usec_t now) {
        if (p->move.id != 0)
                pair_move_end(p, MOVE_FAILED, now);
        p->identity_trouble[0] = 0;
        set_stage(p, PAIR_IDENTITY_HOME);
}

void pair_gone_dispatch(Pair *p, usec_t now) {
        bool home = p->link[SIDE_PRIMARY].exists, spare = p->link[SIDE_STANDBY].exists;

        if (p->identity_running || !p->introduced[SIDE_PRIMARY] || !p->introduced[SIDE_STANDBY])
                return;
        switch (p->identity) {
        case PAIR_IDENTITY_HOME:
                break;
        case PAIR_IDENTITY_WANTED:
                if (home && !p->identity_resume)
                        come_home(p, now);
                else
                        put(p, now);
                break;
        case PAIR_IDENTITY_PUTTING: /* a restart in the middle of it */
                p->identity_resume = true;
                put(p, now);
                break;
        case PAIR_IDENTITY_AWAY:
                if (!spare)
                        set_stage(p, PAIR_IDENTITY_LOST);
                else if (home)
                        judge_return(p, now);
                break;
        case PAIR_IDENTITY_LOST: /* with the second device; to whichever comes first */
                if (home)
                        take(p, MOVE_BY_FAILURE, "the device that had the addresses was removed, too", now);
                else
                        put(p, now);
                break;
        case PAIR_IDENTITY_TAKING: /* a restart in the middle of it */
                p->identity_resume = true;
                if (home)
                        take(p, MOVE_BY_REVERT, "continued after a restart", now);
                else
                        put(p, now);
                break;
        case _PAIR_IDENTITY_MAX:
        case _PAIR_IDENTITY_INVALID:
                break;
        }
}

int pair_gone_request(Pair *p, const PairRequest *q, Error *e) {
        if (p->policy.mode == MODE_OBSERVE)
                return error_set(e, ERROR_NOT_SUPPORTED, -EPERM, "pair %s only observes", p->policy.name);
        if (p->held && !q->force)
                return pair_refuse_held(p, e);
        if (!pair_link_is_alive(p->link + SIDE_PRIMARY) && !q->force)
                return error_set(e, ERROR_NOT_READY, -ENETDOWN,
                                "%s has no link (use force to give its addresses back all the same)",
                                p->link[SIDE_PRIMARY].name);
        if (p->identity_running && p->identity_task != PAIR_IDENTITY_PARK)
                return error_set(e, ERROR_BUSY, -EBUSY, "pair %s is moving addresses", p->policy.name);
        p->take_asked = true;
        p->identity_retry_at = 0;
        return 0;
}

void pair_gone_say(const Pair *p, char text[static PAIR_REASON_MAX]) {
        const char *gone = p->link[SIDE_PRIMARY].name, *spare = p->link[SIDE_STANDBY].name;
        char why[PAIR_REASON_MAX];

        text[0] = 0;
        if (p->identity == PAIR_IDENTITY_AWAY && !p->link[SIDE_PRIMARY].exists)
                snprintf(text, PAIR_REASON_MAX, "%s is gone; its addresses are on %s", gone, spare);
        else if (pair_identity_is_away(p))
                snprintf(text, PAIR_REASON_MAX, "%s is back; its addresses are on %s%s", gone, spare,
                                p->policy.failback == FAILBACK_AUTO ? "" : " until they are asked back");
        else if (p->identity == PAIR_IDENTITY_WANTED && !pair_may_act(p, why))
                snprintf(text, PAIR_REASON_MAX, "%s is gone, and its addresses stay nowhere: %.120s", gone,
                                why);
        else if (p->identity != PAIR_IDENTITY_HOME)
                snprintf(text, PAIR_REASON_MAX, "%s is gone, its addresses wait for %s%s%.100s", gone, spare,
                                p->identity_trouble[0] ? ": " : "", p->identity_trouble);
}
