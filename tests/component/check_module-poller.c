/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* From the bytes of a module to evidence against its adapter: real processes read modules made of dumps, for a
 * pair that lives in virtual time. */

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "check-main.h"
#include "clock.h"
#include "fake-module.h"
#include "module-poller.h"
#include "module-watch.h"
#include "pair-world.h"

#define S USEC_PER_SEC

static World w;
static sd_event *event;
static ModulePoller *poller;
static char *memory; /* directory, NULL: none */

/* deadline: of a reading; 0: the usual one. */
static void poll_within(usec_t deadline) {
        const ModuleJobOptions options = {
                .deadline = deadline, .open = fake_module_open, .clock = fake_module_clock
        };

        poller = module_poller_free(poller);
        ck_assert_int_eq(module_poller_new(event, memory, &options, &poller, NULL), 0);
        ck_assert_int_eq(module_poller_add(poller, w.pair), 0);
}

static void setup(void) {
        memset(fake_modules, 0, sizeof(fake_modules));
        world_init(&w);
        world_start(&w);
        world_run(&w, S);
        ck_assert_int_eq(world_state(&w), PAIR_PRIMED);
        ck_assert_int_ge(sd_event_new(&event), 0);
        poll_within(0);
}

static void teardown(void) {
        poller = module_poller_free(poller);
        event = sd_event_unref(event);
        world_done(&w);
}

/* Until the process has answered, at most 20 s. */
static void finish_reading(void) {
        for (unsigned i = 0; i < 2000 && module_poller_is_reading(poller); i++)
                ck_assert_int_ge(sd_event_run(event, 10 * USEC_PER_MSEC), 0);
        ck_assert(!module_poller_is_reading(poller));
}

/* A tick per second of virtual time; how many readings began. */
static unsigned poll_for(usec_t duration) {
        unsigned n = 0;

        for (usec_t i = 0; i < duration; i += S) {
                world_run(&w, S);
                module_poller_tick(poller, w.now);
                if (module_poller_is_reading(poller)) {
                        n++;
                        finish_reading();
                }
        }
        return n;
}

static AdapterStatus status_of(PairSide side) {
        AdapterStatus s;

        pair_get_adapter_status(w.pair, side, &s);
        return s;
}

static EvidenceLevel level_of(PairSide side, Signal signal) {
        AdapterStatus s = status_of(side);

        for (size_t i = 0; i < s.n_evidence; i++)
                if (s.evidence[i].signal == signal)
                        return s.evidence[i].level;
        return EVIDENCE_NONE;
}

static void set_rx_power(FakeModule *m, uint16_t tenth_microwatts) {
        m->dump.byte[MODULE_DIAGNOSTICS][104] = (uint8_t) (tenth_microwatts >> 8);
        m->dump.byte[MODULE_DIAGNOSTICS][105] = (uint8_t) tenth_microwatts;
}

START_TEST(test_fading) {
        FakeModule *m = fake_module_plug(0, 10, "finisar-ftlx8571d3bcl");
        AdapterStatus s;

        (void) fake_module_plug(1, 11, "flexoptix-p-b1696-10-da");
        ck_assert_uint_eq(poll_for(20 * S), 2); /* one of each, and then not again */
        s = status_of(SIDE_PRIMARY);
        ck_assert_str_eq(s.module.diagnostics.part_number, "FTLX8571D3BCL");
        ck_assert_str_eq(status_of(SIDE_STANDBY).module.diagnostics.vendor, "FLEXOPTIX");
        ck_assert_double_eq_tol(s.values[SIGNAL_RX_POWER].value, -2.59, 0.01);
        ck_assert_double_eq_tol(s.values[SIGNAL_MODULE_TEMPERATURE].value, 20.01, 0.01);
        ck_assert_uint_eq(s.n_evidence, 0);

        /* -19 dBm is between the module's own low alarm and low warning */
        set_rx_power(m, 126);
        ck_assert_uint_ge(poll_for(250 * S), 6);
        ck_assert_int_eq(level_of(SIDE_PRIMARY, SIGNAL_RX_POWER), EVIDENCE_WARN);
        ck_assert_int_eq(level_of(SIDE_STANDBY, SIGNAL_RX_POWER), EVIDENCE_NONE);
        /* and now it is looked at every 10 s */
        ck_assert_uint_ge(poll_for(60 * S), 6);

        /* forgetting what was seen does not forget what the module is */
        ck_assert_int_eq(pair_reset(w.pair, NULL), 0);
        ck_assert_int_eq(level_of(SIDE_PRIMARY, SIGNAL_RX_POWER), EVIDENCE_NONE);
        poll_for(240 * S);
        ck_assert_int_eq(level_of(SIDE_PRIMARY, SIGNAL_RX_POWER), EVIDENCE_WARN);

        /* another module: nothing held against it, thresholds its own */
        (void) fake_module_plug(0, 10, "mikrotik-s-85dlc05d");
        poll_for(15 * S);
        ck_assert_str_eq(status_of(SIDE_PRIMARY).module.diagnostics.part_number, "S-85DLC05D");
        ck_assert_uint_eq(status_of(SIDE_PRIMARY).n_evidence, 0);
}
END_TEST

START_TEST(test_silent) {
        FakeModule *m = fake_module_plug(0, 10, "fs-qsfp28-ir4-100g");

        poll_for(5 * S);
        m->silent = true;
        poll_for(130 * S);
        ck_assert_int_eq(level_of(SIDE_PRIMARY, SIGNAL_MODULE_UNREADABLE), EVIDENCE_NONE);
        poll_for(60 * S);
        ck_assert_int_eq(level_of(SIDE_PRIMARY, SIGNAL_MODULE_UNREADABLE), EVIDENCE_WARN);
        ck_assert_uint_ge(status_of(SIDE_PRIMARY).module.failed, 3);
        ck_assert_str_eq(status_of(SIDE_PRIMARY).module.error, "kernel: i2c bus timed out");
        ck_assert_str_eq(status_of(SIDE_PRIMARY).module.diagnostics.vendor, "FS"); /* the last that was known */
        m->silent = false;
        poll_for(60 * S);
        ck_assert_int_eq(level_of(SIDE_PRIMARY, SIGNAL_MODULE_UNREADABLE), EVIDENCE_NONE);
        ck_assert_str_eq(status_of(SIDE_PRIMARY).module.error, "");
}
END_TEST

/* A driver that does not return costs one process for as long as its deadline, and much rest afterwards. */
START_TEST(test_hanging) {
        FakeModule *m = fake_module_plug(0, 10, "fs-qsfp28-ir4-100g");

        m->hangs = true;
        poll_within(300 * USEC_PER_MSEC);
        ck_assert_uint_eq(poll_for(S), 1);
        ck_assert_str_eq(status_of(SIDE_PRIMARY).module.error, "no answer from the module within 300ms");
        ck_assert_uint_eq(poll_for(29 * S), 0); /* also not of the other adapter */
        ck_assert_uint_ge(poll_for(5 * S), 1);
}
END_TEST

/* A hundredth of the time is all it gets, of however many adapters. */
START_TEST(test_share) {
        FakeModule *m = fake_module_plug(0, 10, "finisar-ftlx8571d3bcl");

        fake_module_plug(1, 11, "flexoptix-p-b1696-10-da")->delay = m->delay = 50 * USEC_PER_MSEC;
        /* 2 blocks of 50 ms: 10 s of rest at least, and it is the turn of the other */
        ck_assert_uint_eq(poll_for(10 * S), 1);
        ck_assert_uint_eq(poll_for(15 * S), 1);
        ck_assert_uint_gt(status_of(SIDE_PRIMARY).module.read_at, 0);
        ck_assert_uint_gt(status_of(SIDE_STANDBY).module.read_at, 0);
}
END_TEST

START_TEST(test_without_modules) {
        fake_modules[0] = (FakeModule){ .ifindex = 10 };
        fake_modules[1] = (FakeModule){ .ifindex = 11 };
        ck_assert_uint_eq(poll_for(600 * S), 2); /* each once */
        ck_assert_str_eq(status_of(SIDE_PRIMARY).module.error, "");
        ck_assert_ptr_null(status_of(SIDE_PRIMARY).module.diagnostics.kind);
        ck_assert_uint_eq(status_of(SIDE_PRIMARY).n_evidence, 0);
}
END_TEST

/* By its own timer: where several wait, as at the start, the next is not kept for a second. */
START_TEST(test_several_wait) {
        usec_t until = clock_monotonic() + 10 * S, begun[2];
        bool was_reading = false;
        size_t n = 0;

        fake_modules[0] = (FakeModule){ .ifindex = 10 };
        fake_modules[1] = (FakeModule){ .ifindex = 11 };
        while (n < ELEMENTSOF(begun) && clock_monotonic() < until) {
                ck_assert_int_ge(sd_event_run(event, 10 * USEC_PER_MSEC), 0);
                if (module_poller_is_reading(poller) && !was_reading)
                        begun[n++] = clock_monotonic();
                was_reading = module_poller_is_reading(poller);
        }
        ck_assert_uint_eq(n, ELEMENTSOF(begun));
        ck_assert_uint_lt(begun[1] - begun[0], S / 2);
}
END_TEST

/* While traffic moves nothing is read, and what is being read is dropped. */
START_TEST(test_out_of_the_way) {
        FakeModule *m = fake_module_plug(0, 10, "finisar-ftlx8571d3bcl");
        Answer answer = {};

        m->hangs = true;
        module_poller_tick(poller, w.now += S);
        ck_assert(module_poller_is_reading(poller));
        w.ingress_delay = 20 * S;
        ck_assert_int_eq(world_request(&w, PAIR_VERB_SWITCH, false, &answer, NULL), 0);
        world_run(&w, 100 * USEC_PER_MSEC);
        ck_assert(pair_is_busy(w.pair));
        module_poller_tick(poller, w.now);
        ck_assert(!module_poller_is_reading(poller));
        m->hangs = false;
        for (unsigned i = 0; i < 5; i++) {
                world_run(&w, 100 * USEC_PER_MSEC);
                ck_assert(pair_is_busy(w.pair));
                module_poller_tick(poller, w.now);
                ck_assert(!module_poller_is_reading(poller));
        }
        /* it is no failed reading */
        ck_assert_uint_eq(status_of(SIDE_PRIMARY).module.failed, 0);
        world_run(&w, 60 * S);
        ck_assert(!pair_is_busy(w.pair));
        ck_assert_uint_ge(poll_for(5 * S), 1);
}
END_TEST

START_TEST(test_other_device) {
        PairLink link = w.link[SIDE_PRIMARY];

        (void) fake_module_plug(0, 10, "finisar-ftlx8571d3bcl");
        poll_for(5 * S);
        ck_assert_ptr_nonnull(status_of(SIDE_PRIMARY).module.diagnostics.kind);
        link.ifindex = 20;
        (void) fake_module_plug(1, 20, "fs-qsfp28-ir4-100g")->ifindex;
        pair_set_link(w.pair, SIDE_PRIMARY, &link, w.now);
        module_poller_tick(poller, w.now += S);
        ck_assert_ptr_null(status_of(SIDE_PRIMARY).module.diagnostics.kind);
        finish_reading();
        poll_for(5 * S);
        ck_assert_str_eq(status_of(SIDE_PRIMARY).module.diagnostics.kind, "QSFP28");
}
END_TEST

/* A link that comes back may have another module: it is looked at soon. */
START_TEST(test_link_comes_back) {
        (void) fake_module_plug(0, 10, "finisar-ftlx8571d3bcl");
        ck_assert_uint_ge(poll_for(5 * S), 1);
        world_set_carrier(&w, SIDE_PRIMARY, false);
        world_run(&w, S);
        module_poller_tick(poller, w.now);
        finish_reading();
        (void) fake_module_plug(0, 10, "mikrotik-s-85dlc05d");
        world_set_carrier(&w, SIDE_PRIMARY, true);
        poll_for(5 * S);
        ck_assert_str_eq(status_of(SIDE_PRIMARY).module.diagnostics.vendor, "Mikrotik");
}
END_TEST

START_TEST(test_removed_while_read) {
        fake_module_plug(0, 10, "finisar-ftlx8571d3bcl")->hangs = true;
        module_poller_tick(poller, w.now += S);
        ck_assert(module_poller_is_reading(poller));
        module_poller_remove(poller, w.pair);
        ck_assert(!module_poller_is_reading(poller));
        module_poller_tick(poller, w.now += S);
        ck_assert(!module_poller_is_reading(poller));
}
END_TEST

/* Readings, ten minutes of virtual time apart, and time for the threads. */
static void read_for(usec_t duration) {
        for (usec_t i = 0; i < duration; i += 600 * S) {
                module_poller_tick(poller, w.now += 600 * S);
                finish_reading();
                module_poller_tick(poller, w.now += S);
                finish_reading();
        }
}

static void wait_for_file(const char *path) {
        for (unsigned i = 0; i < 1000 && access(path, F_OK) < 0; i++)
                usleep(10 * USEC_PER_MSEC);
        ck_assert_int_eq(access(path, F_OK), 0);
}

/* What a laser took on its first day is known after a restart, of that laser only; and that what is kept is
 * damaged keeps nobody from reading modules. */
START_TEST(test_lasers_are_remembered) {
        char directory[] = "/tmp/check-lasers-XXXXXX", path[64];
        FakeModule *m = fake_module_plug(0, 10, "finisar-ftlx8571d3bcl");
        uint8_t *bias = m->dump.byte[MODULE_DIAGNOSTICS] + 100;
        unsigned raised = (bias[0] * 256U + bias[1]) * 3 / 2;
        FILE *f;

        memory = mkdtemp(directory);
        ck_assert_ptr_nonnull(memory);
        snprintf(path, sizeof(path), "%s/lan.primary.lasers", memory);
        poll_within(0);
        read_for(25 * USEC_PER_HOUR);
        wait_for_file(path);
        ck_assert_double_eq_tol(status_of(SIDE_PRIMARY).values[SIGNAL_TX_BIAS_RISE].value, 0, 1e-3);

        bias[0] = (uint8_t) (raised / 256);
        bias[1] = (uint8_t) raised;
        poll_within(0);
        for (unsigned i = 0; i < 500 && level_of(SIDE_PRIMARY, SIGNAL_TX_BIAS_RISE) == EVIDENCE_NONE; i++) {
                read_for(600 * S);
                usleep(10 * USEC_PER_MSEC);
        }
        ck_assert_double_eq_tol(status_of(SIDE_PRIMARY).values[SIGNAL_TX_BIAS_RISE].value, 0.5, 1e-2);
        ck_assert_int_eq(level_of(SIDE_PRIMARY, SIGNAL_TX_BIAS_RISE), EVIDENCE_WARN);

        (void) fake_module_plug(0, 10, "mikrotik-s-85dlc05d");
        read_for(USEC_PER_HOUR);
        ck_assert_uint_eq(status_of(SIDE_PRIMARY).values[SIGNAL_TX_BIAS_RISE].at, 0);
        poll_within(0);
        read_for(USEC_PER_HOUR);
        ck_assert_uint_eq(status_of(SIDE_PRIMARY).values[SIGNAL_TX_BIAS_RISE].at, 0);

        f = fopen(path, "we");
        ck_assert_ptr_nonnull(f);
        fputs("primed-lasers 9\n", f);
        fclose(f);
        poll_within(0);
        read_for(USEC_PER_HOUR);
        ck_assert_str_eq(status_of(SIDE_PRIMARY).module.diagnostics.vendor, "Mikrotik");
        poller = module_poller_free(poller);
        ck_assert_int_eq(unlink(path), 0);
        ck_assert_int_eq(rmdir(memory), 0);
        memory = NULL;
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("module-poller");
        TCase *t = tcase_create("module-poller");

        tcase_add_checked_fixture(t, setup, teardown);
        tcase_set_timeout(t, 60);
        tcase_add_test(t, test_fading);
        tcase_add_test(t, test_silent);
        tcase_add_test(t, test_hanging);
        tcase_add_test(t, test_share);
        tcase_add_test(t, test_without_modules);
        tcase_add_test(t, test_several_wait);
        tcase_add_test(t, test_out_of_the_way);
        tcase_add_test(t, test_other_device);
        tcase_add_test(t, test_link_comes_back);
        tcase_add_test(t, test_removed_while_read);
        tcase_add_test(t, test_lasers_are_remembered);
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
