/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What drivers' answers mean for an adapter's health. */

#include <linux/ethtool.h>

#include "check-main.h"
#include "stats-world.h"

START_TEST(test_signals) {
        const StatsReport *r;
        const HealthSample *s;

        targets(1, 0);
        tell(STATS_LINK_STATE, STATS_LINK_DOWN_COUNT, 42);
        tell(STATS_LINK_STATE, STATS_SQI, 2);
        tell(STATS_LINK_STATE, STATS_SQI_MAX, 7);
        tell(STATS_STANDARD, STATS_SYMBOLS, 11);
        tell(STATS_STANDARD, STATS_FCS, 12);
        tell(STATS_STANDARD, STATS_MAC_TX, 13);
        tell(STATS_STANDARD, STATS_FRAGMENTS, 14);
        tell(STATS_STANDARD, STATS_JABBERS, 15);
        tell(STATS_PAUSE, STATS_PAUSE_TX, 16);
        r = tick();
        ck_assert_uint_eq(find(r, SIGNAL_LINK_DOWN_COUNT)->count, 42);
        ck_assert_double_eq_tol(find(r, SIGNAL_SIGNAL_QUALITY)->level, 2.0 / 7, 1e-9);
        ck_assert_uint_eq(find(r, SIGNAL_SYMBOL_ERRORS)->count, 11);
        ck_assert_uint_eq(find(r, SIGNAL_MAC_FCS_ERRORS)->count, 12);
        ck_assert_uint_eq(find(r, SIGNAL_MAC_TX_ERRORS)->count, 13);
        ck_assert_uint_eq(find(r, SIGNAL_RX_FRAGMENTS)->count, 29);
        ck_assert_uint_eq(find(r, SIGNAL_TX_PAUSE)->count, 16);
        ck_assert_ptr_null(find(r, SIGNAL_RX_PAUSE));
        for (size_t i = 1; i < r->n; i++)
                ck_assert_uint_ge(r->samples[i].at, r->samples[i - 1].at);
        s = find(r, SIGNAL_SYMBOL_ERRORS);
        ck_assert_uint_eq(s->at, find(r, SIGNAL_MAC_TX_ERRORS)->at); /* one answer, one time */
        ck_assert_uint_gt(s->at, find(r, SIGNAL_LINK_DOWN_COUNT)->at);
}
END_TEST

/* What only the driver itself tells; when it says that its queues are others now, it is asked again. */
START_TEST(test_driver_stats) {
        const StatsReport *r;

        targets(1, 0);
        fake->result[STATS_DRIVER] = -EAGAIN;
        r = tick();
        ck_assert_ptr_null(find(r, SIGNAL_DEVICE_FAULTS));
        tell(STATS_DRIVER, STATS_DEVICE_FAULTS, 3);
        tell(STATS_DRIVER, STATS_MODULE_ERRORS, 4);
        for (unsigned i = 1; i < 20; i++)
                ck_assert_ptr_null(find(tick(), SIGNAL_DEVICE_FAULTS));
        r = tick();
        ck_assert_uint_eq(find(r, SIGNAL_DEVICE_FAULTS)->count, 3);
        ck_assert_uint_eq(find(r, SIGNAL_MODULE_ERRORS)->count, 4);
        ck_assert_ptr_null(find(r, SIGNAL_PCS_ERRORS));
        fake->result[STATS_DRIVER] = -EOPNOTSUPP;
        for (unsigned i = 0; i < 100; i++)
                (void) tick();
        ck_assert_uint_eq(fake->n_asked[STATS_DRIVER], 3);
}
END_TEST

/* What the driver counts per queue: every 5 s, those of its counts that it has; and where it has none, once. */
START_TEST(test_queue_stats) {
        const StatsReport *r;
        const HealthSample *s;

        targets(1, 0);
        tell(STATS_QUEUES, STATS_RX_OVERRUNS, 7);
        r = tick();
        ck_assert_uint_eq(find(r, SIGNAL_RX_OVERRUNS)->count, 7);
        ck_assert_ptr_null(find(r, SIGNAL_RX_CHECKSUM_ERRORS));
        ck_assert_ptr_null(find(r, SIGNAL_TX_QUEUE_ERRORS));
        tell(STATS_QUEUES, STATS_RX_ALLOC_FAIL, 5);
        tell(STATS_QUEUES, STATS_RX_CHECKSUM, 3);
        tell(STATS_QUEUES, STATS_TX_MALFORMED, 2);
        for (unsigned i = 1; i < 20; i++)
                ck_assert_ptr_null(find(tick(), SIGNAL_RX_OVERRUNS));
        r = tick();
        s = find(r, SIGNAL_RX_OVERRUNS);
        ck_assert_uint_eq(s->count, 12);
        ck_assert_uint_eq(find(r, SIGNAL_RX_CHECKSUM_ERRORS)->count, 3);
        ck_assert_uint_eq(find(r, SIGNAL_TX_QUEUE_ERRORS)->count, 2);
        ck_assert_uint_eq(find(r, SIGNAL_TX_QUEUE_ERRORS)->at, s->at);
        ck_assert_uint_eq(fake->n_asked[STATS_QUEUES], 2);
        fake->result[STATS_QUEUES] = -EOPNOTSUPP;
        for (unsigned i = 0; i < 4 * 60; i++)
                (void) tick();
        ck_assert_uint_eq(fake->n_asked[STATS_QUEUES], 3);
}
END_TEST

/* Speed and duplex: asked once a minute, every few seconds while there is no speed yet, and at once of a link
 * that comes up; what was told of the one before is not of this one. */
START_TEST(test_link_mode) {
        const StatsReport *r;

        targets(1, 4);
        tell(STATS_LINK_MODE, STATS_LINK_DUPLEX, DUPLEX_FULL);
        for (unsigned i = 0; i < 4 * 20; i++)
                r = tick();
        ck_assert_uint_eq(fake->n_asked[STATS_LINK_MODE], 4);
        ck_assert_uint_eq(r->mode.speed, 0);
        tell(STATS_LINK_MODE, STATS_LINK_SPEED, 25000);
        for (unsigned i = 0; i < 4 * 120; i++)
                r = tick();
        ck_assert_uint_eq(fake->n_asked[STATS_LINK_MODE], 4 + 2);
        ck_assert_uint_eq(r->mode.speed, 25000);
        ck_assert(r->mode.full_duplex);
        ck_assert_uint_eq(r->mode.carrier_changes, 4);
        fake->result[STATS_LINK_MODE] = -EIO;
        targets(1, 6);
        r = tick();
        ck_assert_uint_eq(r->mode.speed, 0);
        tell(STATS_LINK_MODE, STATS_LINK_SPEED, 10000);
        fake->stats[STATS_LINK_MODE].value[STATS_LINK_DUPLEX] = DUPLEX_HALF;
        for (unsigned i = 0; i < 4 * 5; i++)
                r = tick();
        ck_assert_uint_eq(r->mode.speed, 10000);
        ck_assert(!r->mode.full_duplex);
        ck_assert_uint_eq(r->mode.carrier_changes, 6);
}
END_TEST

/* Why a link is down is asked at once when it is lost, also of a driver that has nothing to say of one that is
 * up; what it says then is kept as long as it says so, and is not of a link that has come up. */
START_TEST(test_link_trouble) {
        const StatsReport *r;

        fake->result[STATS_LINK_STATE] = 0;
        targets(1, 4);
        for (unsigned i = 0; i < 4 * 20; i++)
                r = tick();
        ck_assert_uint_eq(fake->n_asked[STATS_LINK_STATE], 1);
        tell(STATS_LINK_STATE, STATS_LINK_TROUBLE, ETHTOOL_LINK_EXT_STATE_CABLE_ISSUE);
        tell(STATS_LINK_STATE, STATS_LINK_TROUBLE_DETAIL, ETHTOOL_LINK_EXT_SUBSTATE_CI_UNSUPPORTED_CABLE);
        targets_are(1, 5, true);
        r = tick();
        ck_assert_uint_eq(fake->n_asked[STATS_LINK_STATE], 2);
        ck_assert(r->trouble.trouble.known);
        ck_assert_uint_eq(r->trouble.trouble.state, ETHTOOL_LINK_EXT_STATE_CABLE_ISSUE);
        ck_assert_uint_eq(r->trouble.trouble.substate, ETHTOOL_LINK_EXT_SUBSTATE_CI_UNSUPPORTED_CABLE);
        ck_assert_uint_eq(r->trouble.carrier_changes, 5);
        /* another reason is noticed as soon as anything else of the link; an answer that is missing is none */
        tell(STATS_LINK_STATE, STATS_LINK_TROUBLE, 200);
        fake->stats[STATS_LINK_STATE].set[STATS_LINK_TROUBLE_DETAIL] = false;
        fake->stats[STATS_LINK_STATE].value[STATS_LINK_TROUBLE_DETAIL] = 0;
        for (unsigned i = 0; i < 4 * 5; i++)
                r = tick();
        ck_assert_uint_eq(r->trouble.trouble.state, 200);
        ck_assert_uint_eq(r->trouble.trouble.substate, 0);
        fake->result[STATS_LINK_STATE] = -EIO;
        for (unsigned i = 0; i < 4 * 5; i++)
                r = tick();
        ck_assert(r->trouble.trouble.known);
        /* it comes up, and the driver has not noticed yet */
        fake->result[STATS_LINK_STATE] = 1;
        targets(1, 6);
        for (unsigned i = 0; i < 4 * 5; i++) {
                r = tick();
                ck_assert(!r->trouble.trouble.known);
        }
}
END_TEST

/* A driver that does not know at once is asked for a minute, and again when the link is set up anew. */
START_TEST(test_link_trouble_later) {
        const StatsReport *r;

        fake->result[STATS_LINK_STATE] = 0;
        targets_are(1, 5, true);
        for (unsigned i = 0; i < 4 * 20; i++)
                r = tick();
        ck_assert(!r->trouble.trouble.known);
        tell(STATS_LINK_STATE, STATS_LINK_TROUBLE, ETHTOOL_LINK_EXT_STATE_AUTONEG);
        for (unsigned i = 0; i < 4 * 5; i++)
                r = tick();
        ck_assert(r->trouble.trouble.known);
        ck_assert_uint_eq(r->trouble.trouble.state, ETHTOOL_LINK_EXT_STATE_AUTONEG);
        fake->result[STATS_LINK_STATE] = 0;
        for (unsigned i = 0; i < 4 * 5; i++)
                r = tick();
        ck_assert(!r->trouble.trouble.known);
        for (unsigned i = 0; i < 4 * 120; i++)
                r = tick();
        ck_assert_uint_eq(fake->n_asked[STATS_LINK_STATE], STATS_SILENCE_MAX + 1);
        targets_are(1, 5, false); /* set down */
        r = tick();
        tell(STATS_LINK_STATE, STATS_LINK_TROUBLE, ETHTOOL_LINK_EXT_STATE_NO_CABLE);
        targets_are(1, 5, true);
        r = tick();
        ck_assert_uint_eq(fake->n_asked[STATS_LINK_STATE], STATS_SILENCE_MAX + 3);
        ck_assert(r->trouble.trouble.known);
}
END_TEST

/* Corrected bits become a rate from the second answer on; a link that was lost begins anew. */
START_TEST(test_fec) {
        const StatsReport *r;

        targets(1, 0);
        tell(STATS_FEC, STATS_FEC_BITS, 1000);
        tell(STATS_FEC, STATS_FEC_LOST_BLOCKS, 3);
        tell(STATS_FEC, STATS_FEC_NEAR_LIMIT, 5);
        tell(STATS_LINK_MODE, STATS_LINK_SPEED, 100000);
        r = tick();
        ck_assert_uint_eq(find(r, SIGNAL_FEC_UNCORRECTABLE)->count, 3);
        ck_assert_uint_eq(find(r, SIGNAL_FEC_NEAR_LIMIT)->count, 5);
        ck_assert_ptr_null(find(r, SIGNAL_PRE_FEC_BER));
        tell(STATS_FEC, STATS_FEC_BITS, 1000 + 5000000);
        for (unsigned i = 1; i <= 20; i++)
                r = tick();
        ck_assert_double_eq_tol(find(r, SIGNAL_PRE_FEC_BER)->level, 1e-5, 1e-8);
        targets(1, 2);
        for (unsigned i = 1; i <= 20; i++)
                r = tick();
        ck_assert_ptr_nonnull(find(r, SIGNAL_FEC_UNCORRECTABLE));
        ck_assert_ptr_null(find(r, SIGNAL_PRE_FEC_BER));
}
END_TEST

START_TEST(test_devlink) {
        static const DevlinkReporter reporters[] = {
                { "pci", "0000:3b:00.0", "fw", 3 },
                { "pci", "0000:3b:00.0", "tx", 4 },
                { "pci", "0000:3b:00.0", "fw_fatal", 1 },
                { "pci", "0000:3b:00.9", "fw", 100 },
        };
        const StatsReport *r;

        memcpy(fake->reporters, reporters, sizeof(reporters));
        fake->n_reporters = ELEMENTSOF(reporters);
        fake->reporters_result = 0;
        targets(2, 0);
        r = tick();
        ck_assert_uint_eq(find(r, SIGNAL_DEVLINK_HEALTH)->count, 7);
        ck_assert_uint_eq(find(r, SIGNAL_DEVLINK_FATAL)->count, 1);
        ck_assert_ptr_null(find(r + 1, SIGNAL_DEVLINK_HEALTH)); /* its device has no reporters: no 0 either */
        for (unsigned i = 1; i < 40; i++)
                ck_assert_ptr_null(find(tick(), SIGNAL_DEVLINK_HEALTH));
        ck_assert_uint_eq(find(tick(), SIGNAL_DEVLINK_HEALTH)->count, 7);
        /* a notice is followed at once */
        (void) tick();
        fake->reporters[0].errors++;
        fake->noticed = true;
        ck_assert_uint_eq(find(tick(), SIGNAL_DEVLINK_HEALTH)->count, 8);
        ck_assert_uint_eq(fake->n_reporters_asked, 3);
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("stats-answers");
        TCase *t = tcase_create("stats-answers");

        tcase_add_checked_fixture(t, stats_world_setup, stats_world_teardown);
        tcase_add_test(t, test_signals);
        tcase_add_test(t, test_driver_stats);
        tcase_add_test(t, test_queue_stats);
        tcase_add_test(t, test_link_mode);
        tcase_add_test(t, test_link_trouble);
        tcase_add_test(t, test_link_trouble_later);
        tcase_add_test(t, test_fec);
        tcase_add_test(t, test_devlink);
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
