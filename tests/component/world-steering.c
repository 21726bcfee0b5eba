/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>

#include "world-steering.h"

typedef struct FakeSteering {
        Steering steering;
        SteeringBackend backend; /* as the world has it */
        World *world;
} FakeSteering;

static World *world_of(const Steering *s) {
        return ((const FakeSteering *) s)->world;
}

static Steering *fake_close(Steering *s) {
        free(s);
        return NULL;
}

static SteeringPath fake_get_path(const Steering *s) {
        return world_of(s)->path;
}

static int fake_begin(Steering *s, SteeringPath target, SteeringUrgency urgency, usec_t now, Error *e) {
        World *w = world_of(s);

        w->n_begun++;
        w->n_begun_now += urgency == STEERING_NOW;
        w->moving = urgency == STEERING_PLANNED && target.ingress != w->path.ingress;
        w->balanced = w->balanced && target.ingress == w->path.ingress;
        w->path = w->moving_to = target;
        w->moved_at = now;
        return 0;
}

static int fake_process(Steering *s, usec_t now, usec_t *ret_next, Error *e) {
        World *w = world_of(s);
        bool back = w->path.ingress == w->path.egress; /* the way back is the serving adapter's own frames */

        if (!w->moving) {
                *ret_next = now + USEC_PER_SEC;
                return 1;
        }
        *ret_next = now + USEC_PER_MSEC;
        if ((w->ingress_follows || back) && now >= w->moved_at + w->ingress_delay) {
                w->moving = false;
                return 1;
        }
        if (now < w->moved_at + USEC_PER_SEC)
                return 0;
        w->moving = false;
        return error_set(e, ERROR_SWITCH_FAILED, -ETIMEDOUT, "ingress did not follow");
}

static int fake_refresh(Steering *s, SteeringReading *reading, usec_t now, Error *e) {
        world_of(s)->n_refreshed++;
        return 0;
}

static SteeringDisturbance fake_check(Steering *s, usec_t now, bool may_wait, Error *what) {
        World *w = world_of(s);
        PairSide other = pair_side_other(w->path.egress);

        if (w->meddled && !may_wait)
                return STEERING_DOUBTFUL;
        if (w->meddled) {
                w->meddled = false;
                error_set(what, ERROR_CONFLICT, -EBUSY, "a program was removed and put back");
                return STEERING_MENDED;
        }
        if (!w->foreign)
                return STEERING_UNDISTURBED;
        w->foreign = w->moving = false;
        w->path = w->moving_to = (SteeringPath){ other, other };
        error_set(what, ERROR_CONFLICT, -EBUSY, "the active port is another one now");
        return STEERING_MOVED;
}

static int fake_get_home(const Steering *s) {
        return world_of(s)->in_bond ? 77 : 0;
}

static int fake_get_counters(Steering *s, SteeringCounters *ret) {
        *ret = (SteeringCounters){};
        return 0;
}

static void fake_set_balanced(Steering *s, bool balanced, usec_t now) {
        world_of(s)->balanced = balanced;
}

static bool fake_is_balanced(const Steering *s) {
        return world_of(s)->balanced;
}

static const SteeringBackend fake_backend = {
        .name = "fake",
        .close = fake_close,
        .get_path = fake_get_path,
        .begin = fake_begin,
        .check = fake_check,
        .get_home = fake_get_home,
        .process = fake_process,
        .refresh = fake_refresh,
        .get_counters = fake_get_counters,
};

Steering *world_steering_new(World *w) {
        FakeSteering *s = calloc(1, sizeof(*s));

        if (!s)
                return NULL;
        s->backend = fake_backend;
        if (w->balances) {
                s->backend.set_balanced = fake_set_balanced;
                s->backend.is_balanced = fake_is_balanced;
        }
        s->steering.backend = &s->backend;
        if (w->obstacle)
                error_set(&s->steering.obstacle, ERROR_NOT_SUPPORTED, -EOPNOTSUPP, "%s", w->obstacle);
        if (w->conflict)
                error_set(&s->steering.conflict, ERROR_CONFLICT, -EADDRINUSE, "%s", w->conflict);
        s->world = w;
        return &s->steering;
}
