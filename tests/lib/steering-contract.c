/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>

#include <check.h>

#include "steering-contract.h"

static const SteeringPath paths[] = {
        { SIDE_PRIMARY, SIDE_PRIMARY },
        { SIDE_STANDBY, SIDE_PRIMARY },
        { SIDE_STANDBY, SIDE_STANDBY },
        { SIDE_PRIMARY, SIDE_STANDBY },
};
#define GUARD    paths[0]
#define SPLIT    paths[1]
#define SWITCHED paths[2]

static Steering *open_it(const SteeringContract *c) {
        Steering *s = NULL;
        Error e = {};

        ck_assert_msg(steering_open(c->backend, &c->parameters, c->now(), &s, &e) == 0, "open: %s", e.text);
        ck_assert_ptr_eq(s->backend, c->backend);
        return s;
}

/* Until the move is done, or in rest one call. */
static void finish(const SteeringContract *c, Steering *s) {
        Error e = {};
        int r;

        for (;;) {
                usec_t now = c->now(), next = 0;

                r = steering_process(s, now, &next, &e);
                ck_assert_msg(r >= 0, "process: %s", e.text);
                ck_assert_msg(next > now, "called again at once, for ever");
                if (r > 0)
                        return;
                c->wait(next);
        }
}

static void begin(const SteeringContract *c, Steering *s, SteeringPath target) {
        Error e = {};

        ck_assert_msg(steering_begin(s, target, STEERING_PLANNED, c->now(), &e) == 0, "begin: %s", e.text);
        ck_assert(steering_path_equal(steering_get_path(s), target));
}

static void move(const SteeringContract *c, Steering *s, SteeringPath target) {
        begin(c, s, target);
        finish(c, s);
        ck_assert(steering_path_equal(steering_get_path(s), target));
}

static void remove_it(const SteeringContract *c, Steering *s) {
        Error e = {};

        ck_assert_msg(steering_detach(s, &e) == 0, "detach: %s", e.text);
        ck_assert_ptr_null(steering_close(s));
}

static void begins_in_guard(const SteeringContract *c) {
        SteeringReading *reading = NULL;
        Error e = {};
        Steering *s;

        ck_assert_int_eq(c->backend->probe(&c->parameters, &e), 1);
        s = open_it(c);
        ck_assert(steering_path_equal(steering_get_path(s), GUARD));
        finish(c, s);
        ck_assert_msg(steering_read(c->backend, &c->parameters, &reading, &e) == 0, "read: %s", e.text);
        ck_assert_int_eq(steering_refresh(s, reading, c->now(), &e), 0);
        ck_assert_ptr_null(steering_reading_free(reading));
        remove_it(c, s);
}

static void stations_differ(const SteeringContract *c) {
        Steering *s = open_it(c);
        EtherAddress a = steering_get_station(s, SIDE_PRIMARY), b = steering_get_station(s, SIDE_STANDBY),
                     later;

        ck_assert(!ether_address_equal(&a, &b));
        ck_assert(!ether_address_is_group(&a) && !ether_address_is_group(&b));
        ck_assert(a.octet[0] & 2 && b.octet[0] & 2);
        move(c, s, SPLIT);
        later = steering_get_station(s, SIDE_PRIMARY);
        ck_assert(ether_address_equal(&a, &later));
        move(c, s, GUARD);
        remove_it(c, s);
}

static void moves_from_anywhere_to_anywhere(const SteeringContract *c) {
        Steering *s = open_it(c);

        for (size_t from = 0; from < ELEMENTSOF(paths); from++)
                for (size_t to = 0; to < ELEMENTSOF(paths); to++) {
                        move(c, s, paths[from]);
                        move(c, s, paths[to]);
                        finish(c, s);
                }
        move(c, s, GUARD);
        remove_it(c, s);
}

static void another_move_replaces_an_unfinished_one(const SteeringContract *c) {
        Steering *s = open_it(c);

        begin(c, s, SPLIT);
        begin(c, s, GUARD);
        begin(c, s, SWITCHED);
        finish(c, s);
        ck_assert(steering_path_equal(steering_get_path(s), SWITCHED));
        begin(c, s, GUARD);
        begin(c, s, SPLIT);
        finish(c, s);
        ck_assert(steering_path_equal(steering_get_path(s), SPLIT));
        move(c, s, GUARD);
        remove_it(c, s);
}

static void now_acts_at_once(const SteeringContract *c) {
        Steering *s = open_it(c);

        ck_assert_int_eq(steering_begin(s, SWITCHED, STEERING_NOW, c->now(), NULL), 0);
        ck_assert(steering_path_equal(steering_get_path(s), SWITCHED));
        move(c, s, GUARD);
        remove_it(c, s);
}

static void detaches_only_in_guard(const SteeringContract *c) {
        for (size_t i = 1; i < ELEMENTSOF(paths); i++) {
                Steering *s = open_it(c);
                Error e = {};

                move(c, s, paths[i]);
                /* The home is above both: traffic may as well stay on the standby. */
                if (steering_get_home(s) != 0 && paths[i].ingress == paths[i].egress) {
                        remove_it(c, s);
                        s = open_it(c);
                        ck_assert(steering_path_equal(steering_get_path(s), paths[i]));
                        move(c, s, GUARD);
                        remove_it(c, s);
                        continue;
                }
                ck_assert_int_eq(steering_detach(s, &e), -EBUSY);
                ck_assert_int_eq(e.code, -EBUSY);
                begin(c, s, GUARD);
                if (paths[i].ingress != SIDE_PRIMARY) /* on its way is not there yet */
                        ck_assert_int_eq(steering_detach(s, NULL), -EBUSY);
                finish(c, s);
                remove_it(c, s);
        }
}

static void path_outlives_the_process(const SteeringContract *c) {
        Steering *s = open_it(c);

        for (size_t i = 0; i < 2 * ELEMENTSOF(paths); i++) {
                SteeringPath target = paths[i % ELEMENTSOF(paths)];
                SteeringCounters before, after;

                begin(c, s, target);
                if (i % 3)
                        finish(c, s);
                ck_assert_int_eq(steering_get_counters(s, &before), 0);
                s = steering_close(s);
                s = open_it(c);
                ck_assert(steering_path_equal(steering_get_path(s), target));
                finish(c, s);
                ck_assert_int_eq(steering_get_counters(s, &after), 0);
                for (PairSide side = 0; side < _PAIR_SIDE_MAX; side++) {
                        ck_assert_uint_ge(after.ingress_unicast[side], before.ingress_unicast[side]);
                        ck_assert_uint_ge(after.ingress_group[side], before.ingress_group[side]);
                        ck_assert_uint_ge(after.ingress_discarded[side], before.ingress_discarded[side]);
                        ck_assert_uint_ge(after.egress[side], before.egress[side]);
                }
        }
        move(c, s, GUARD);
        remove_it(c, s);
}

static void after_detach_all_is_forgotten(const SteeringContract *c) {
        Steering *s = open_it(c);

        move(c, s, SWITCHED);
        move(c, s, GUARD);
        remove_it(c, s);
        s = open_it(c);
        ck_assert(steering_path_equal(steering_get_path(s), GUARD));
        remove_it(c, s);
}

static void split_asks_to_be_called_again(const SteeringContract *c) {
        usec_t now, next = 0, end;
        Steering *s = open_it(c);

        move(c, s, SPLIT);
        for (end = c->now() + 3 * USEC_PER_SEC; (now = c->now()) < end;) {
                ck_assert_int_eq(steering_process(s, now, &next, NULL), 1);
                ck_assert_uint_le(next, now + USEC_PER_SEC);
                ck_assert_uint_gt(next, now);
                c->wait(next);
        }
        move(c, s, GUARD);
        remove_it(c, s);
}

static void says_what_is_missing(const SteeringContract *c) {
        Steering *untouched = (Steering *) 1, *s = untouched;
        SteeringContract wrong = *c;
        Error e = {};

        wrong.parameters.ifindex[SIDE_STANDBY] = 0;
        ck_assert_int_eq(steering_open(c->backend, &wrong.parameters, c->now(), &s, &e), -ENODEV);
        ck_assert_ptr_eq(s, untouched);
        ck_assert_int_eq(e.kind, ERROR_NO_SUCH_ADAPTER);
        ck_assert_ptr_nonnull(strstr(e.text, c->parameters.name[SIDE_STANDBY]));
}

static void (*const tests[])(const SteeringContract *c) = {
        begins_in_guard,
        stations_differ,
        moves_from_anywhere_to_anywhere,
        another_move_replaces_an_unfinished_one,
        now_acts_at_once,
        detaches_only_in_guard,
        path_outlives_the_process,
        after_detach_all_is_forgotten,
        split_asks_to_be_called_again,
        says_what_is_missing,
};

const size_t steering_contract_size = ELEMENTSOF(tests);

void steering_contract_run(const SteeringContract *c, int index) {
        tests[index](c);
}
