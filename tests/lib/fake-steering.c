/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <stdlib.h>

#include "alloc-util.h"
#include "fake-steering.h"
#include "steering-base.h"

#define WORLDS_MAX    1024
#define RECORD_USEC   (20 * USEC_PER_MSEC)
#define GIVE_UP_USEC  (620 * USEC_PER_MSEC)
#define AGAIN_USEC    (100 * USEC_PER_MSEC)
#define LOOK_USEC     USEC_PER_MSEC
#define REMINDER_USEC USEC_PER_SEC

typedef struct Fake {
        Steering steering;
        FakeSteeringWorld *world;
        usec_t begun, announced, settled; /* settled: not done before */
} Fake;

static struct {
        char pair[PAIR_NAME_MAX + 1];
        FakeSteeringWorld world;
} * worlds[WORLDS_MAX];

FakeSteeringWorld *fake_steering_world(const char *pair) {
        for (size_t i = 0; i < WORLDS_MAX; i++) {
                if (!worlds[i]) {
                        worlds[i] = calloc(1, sizeof(*worlds[i]));
                        if (!worlds[i])
                                break;
                        snprintf(worlds[i]->pair, sizeof(worlds[i]->pair), "%s", pair);
                        worlds[i]->world.follows_after = 2 * USEC_PER_MSEC;
                }
                if (streq(worlds[i]->pair, pair))
                        return &worlds[i]->world;
        }
        fprintf(stderr, "fake-steering: too many pairs\n");
        abort();
}

void fake_steering_reset(void) {
        for (size_t i = 0; i < WORLDS_MAX; i++) {
                free(worlds[i]);
                worlds[i] = NULL;
        }
}

void fake_steering_pass(FakeSteeringWorld *w, uint64_t incoming, uint64_t outgoing) {
        if (w->dead[w->ingress])
                w->lost[0] += incoming;
        else if (w->ingress == w->path.ingress || w->moving)
                w->counters.ingress_unicast[w->ingress] += incoming;
        else
                w->counters.ingress_discarded[w->ingress] += incoming;
        if (w->dead[w->path.egress])
                w->lost[1] += outgoing;
        else
                w->counters.egress[w->path.egress] += outgoing;
}

static int fake_probe(const SteeringParameters *p, Error *e) {
        if (!fake_steering_world(p->pair)->refuses)
                return 1;
        error_set(e, ERROR_NOT_SUPPORTED, -EOPNOTSUPP, "%s does not suit", p->name[SIDE_PRIMARY]);
        return 0;
}

static int fake_open(const SteeringParameters *p, usec_t now, Steering **ret, Error *e) {
        FakeSteeringWorld *w = fake_steering_world(p->pair);
        Fake *f;

        for (PairSide side = 0; side < _PAIR_SIDE_MAX; side++)
                if (p->ifindex[side] <= 0)
                        return error_set(e, ERROR_NO_SUCH_ADAPTER, -ENODEV, "%s does not exist", p->name[side]);
        if (w->open_error < 0)
                return error_errno(e, w->open_error, "Cannot set up steering of %s", p->pair);
        f = new0(Fake, 1);
        if (!f)
                return -ENOMEM;
        f->steering.backend = &steering_fake;
        f->world = w;
        f->begun = f->announced = now;
        f->settled = w->moving ? now + RECORD_USEC : now;
        if (!w->in_place) {
                w->path = (SteeringPath){ SIDE_PRIMARY, SIDE_PRIMARY };
                w->ingress = SIDE_PRIMARY;
                w->moving = false;
        }
        w->in_place = true;
        w->opened++;
        *ret = &f->steering;
        return 0;
}

static Steering *fake_close(Steering *s) {
        free(s);
        return NULL;
}

static int fake_detach(Steering *s, Error *e) {
        FakeSteeringWorld *w = ((Fake *) s)->world;

        if (w->moving || w->path.ingress != SIDE_PRIMARY || w->path.egress != SIDE_PRIMARY)
                return error_set(e, ERROR_BUSY, -EBUSY, "Traffic is not back yet");
        w->in_place = false;
        return 0;
}

static SteeringPath fake_get_path(const Steering *s) {
        return ((const Fake *) s)->world->path;
}

static int fake_begin(Steering *s, SteeringPath target, SteeringUrgency urgency, usec_t now, Error *e) {
        Fake *f = (Fake *) s;
        FakeSteeringWorld *w = f->world;
        bool ingress_moves = target.ingress != w->path.ingress;

        if (w->begin_error < 0)
                return error_errno(e, w->begin_error, "Cannot move");
        w->begun++;
        w->path = target;
        /* An adapter that sends under the identity teaches the network by itself. */
        if (!ingress_moves && (!w->moving || urgency == STEERING_PLANNED))
                return 0;
        w->moving = true;
        w->announced++;
        f->begun = f->announced = now;
        f->settled = urgency == STEERING_NOW ? now : now + RECORD_USEC;
        return 0;
}

static int fake_process(Steering *s, usec_t now, usec_t *ret_next, Error *e) {
        Fake *f = (Fake *) s;
        FakeSteeringWorld *w = f->world;
        bool heard = !w->never_follows && !w->dead[w->path.ingress];

        if (w->moving && heard && usec_sub(now, f->begun) >= w->follows_after) {
                w->ingress = w->path.ingress;
                w->moving = false;
        }
        if (w->moving && usec_sub(now, f->begun) >= GIVE_UP_USEC)
                return error_set(e, ERROR_TIMEOUT, -ETIMEDOUT, "Ingress did not follow");
        if (w->moving ? usec_sub(now, f->announced) >= AGAIN_USEC
                      : w->path.ingress != w->path.egress && usec_sub(now, f->announced) >= REMINDER_USEC) {
                w->announced++;
                f->announced = now;
        }
        if (w->moving || now < f->settled)
                *ret_next = now + LOOK_USEC;
        else
                *ret_next = w->path.ingress != w->path.egress ? f->announced + REMINDER_USEC : USEC_INFINITY;
        return !w->moving && now >= f->settled;
}

static int fake_read(const SteeringParameters *p, SteeringReading **ret, Error *e) {
        *ret = new0(SteeringReading, 1);
        return *ret ? 0 : -ENOMEM;
}

static int fake_refresh(Steering *s, SteeringReading *reading, usec_t now, Error *e) {
        return 0;
}

static int fake_get_counters(Steering *s, SteeringCounters *ret) {
        *ret = ((Fake *) s)->world->counters;
        return 0;
}

static EtherAddress fake_get_station(const Steering *s, PairSide side) {
        return (EtherAddress){ { 0x42, 0, 0, 0, 0, (uint8_t) (0x0a + side) } };
}

const SteeringBackend steering_fake = {
        .name = "fake",
        .probe = fake_probe,
        .open = fake_open,
        .close = fake_close,
        .detach = fake_detach,
        .get_path = fake_get_path,
        .begin = fake_begin,
        .process = fake_process,
        .read = fake_read,
        .refresh = fake_refresh,
        .get_counters = fake_get_counters,
        .get_station = fake_get_station,
};
