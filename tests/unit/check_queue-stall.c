/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "check-main.h"
#include "queue-stall.h"

#define TICK (250 * USEC_PER_MSEC)

/* One reading; asks what the queue was given only when it is suspect, as a reader does. */
static bool look(QueueStall *q, usec_t *at, uint64_t in_flight, uint64_t given) {
        *at += TICK;
        return queue_stall_step(q, in_flight, *at) && queue_stall_check(q, given, *at);
}

/* Three seconds of it are counted before the kernel's watchdog fires after 5. */
START_TEST(test_stall) {
        QueueStall q = {};
        usec_t at = USEC_PER_SEC, began;
        unsigned seconds = 0;

        for (unsigned i = 0; i < 8; i++)
                ck_assert(!look(&q, &at, 1514 * (i % 3), 1000 * i));
        began = at;
        while (seconds < 3) {
                seconds += look(&q, &at, 30280, 8000);
                ck_assert_uint_lt(at, began + 5 * USEC_PER_SEC);
        }
        ck_assert_uint_ge(at, began + 3 * USEC_PER_SEC);
        /* one frame more is reported as sent: it works */
        ck_assert(!look(&q, &at, 28766, 8000));
        ck_assert(!look(&q, &at, 30280, 9514));
}
END_TEST

static const struct {
        const char *what;
        unsigned distinct; /* numbers in flight that are seen in turn */
        uint64_t in_flight, given_each;
} healthy[] = {
        { "at rest", 1, 0, 0 },
        { "a saturated queue of frames of one size shows one number", 1, 30280, 250000 },
        { "a saturated queue that hardly moves: 1 Mb/s", 1, 1514, 1514 },
        { "a busy queue", 2, 30280, 0 },
        { "a queue that comes to rest now and then", 2, 1514, 1514 },
};

START_TEST(test_healthy) {
        QueueStall q = {};
        usec_t at = USEC_PER_SEC;

        for (unsigned i = 0; i < 10000; i++)
                ck_assert_msg(!look(&q, &at,
                                              healthy[_i].in_flight * (i % healthy[_i].distinct + 1) -
                                                              (healthy[_i].distinct > 1 ? healthy[_i].in_flight
                                                                                        : 0),
                                              i * healthy[_i].given_each),
                                "%s, %u", healthy[_i].what, i);
}
END_TEST

/* What is known goes with the queue. */
START_TEST(test_reset) {
        QueueStall q = {};
        usec_t at = USEC_PER_SEC;

        for (unsigned i = 0; i < 6; i++)
                ck_assert(!look(&q, &at, 1514, 1));
        queue_stall_reset(&q);
        for (unsigned i = 0; i < 6; i++)
                ck_assert(!look(&q, &at, 1514, 1));
        ck_assert(look(&q, &at, 1514, 1));
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("queue-stall");
        TCase *t = tcase_create("queue-stall");

        tcase_add_test(t, test_stall);
        tcase_add_loop_test(t, test_healthy, 0, ELEMENTSOF(healthy));
        tcase_add_test(t, test_reset);
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
