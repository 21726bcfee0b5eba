/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Policies as values, and every wrong policy under policies/wrong with its exact messages. */

#include <arpa/inet.h>
#include <glob.h>
#include <unistd.h>

#include "alloc-util.h"
#include "check-main.h"
#include "policy-format.h"
#include "policy-parser.h"
#include "prime-item.h"

#define WRONG_MIN 30

static glob_t wrong;

static PolicyDrafts parse_good(const char *text) {
        _cleanup_(policy_diagnostics_done) PolicyDiagnostics diagnostics = {};
        PolicyDrafts drafts = {};

        ck_assert_int_eq(policy_parse("test.yaml", text, strlen(text), &drafts, &diagnostics), 0);
        policy_diagnostics_print(&diagnostics, stderr);
        ck_assert_uint_eq(diagnostics.n_items, 0);
        return drafts;
}

static char *read_text(const char *path, size_t *ret_size) {
        _cleanup_fclose_ FILE *f = fopen(path, "re");
        char *text = new0(char, 65536);

        ck_assert_msg(f != NULL, "%s", path);
        *ret_size = fread(text, 1, 65535, f);
        return text;
}

START_TEST(test_wrong) {
        _cleanup_(policy_diagnostics_done) PolicyDiagnostics diagnostics = {};
        _cleanup_(policy_drafts_done) PolicyDrafts drafts = {};
        _cleanup_free_ char *text = NULL, *expected = NULL, *messages = NULL, *answer = NULL;
        const char *name = wrong.gl_pathv[_i] + strlen(POLICY_FILES "/wrong/");
        size_t size, expected_size, messages_size;
        FILE *f;

        text = read_text(wrong.gl_pathv[_i], &size);
        ck_assert_int_gt(
                        asprintf(&answer, "%.*s.txt", (int) strlen(wrong.gl_pathv[_i]) - 5, wrong.gl_pathv[_i]),
                        0);
        expected = read_text(answer, &expected_size);

        ck_assert_int_eq(policy_parse(name, text, size, &drafts, &diagnostics), 0);
        ck_assert_uint_gt(diagnostics.n_errors, 0);
        f = open_memstream(&messages, &messages_size);
        policy_diagnostics_print(&diagnostics, f);
        fclose(f);
        ck_assert_str_eq(messages, expected);
}
END_TEST

START_TEST(test_wrong_are_many) {
        ck_assert_uint_ge(wrong.gl_pathc, WRONG_MIN);
}
END_TEST

START_TEST(test_minimal_has_built_in_defaults) {
        _cleanup_(policy_drafts_done) PolicyDrafts drafts = parse_good(
                        "pairs:\n  lan:\n    primary: eth0\n    standby: eth1\n");
        PairPolicy expected;

        ck_assert_uint_eq(drafts.n_items, 1);
        pair_policy_init(&expected);
        strcpy(expected.name, "lan");
        for (PairSide s = 0; s < _PAIR_SIDE_MAX; s++) {
                expected.adapter[s].kind = ADAPTER_BY_NAME;
                strcpy(expected.adapter[s].text, s == SIDE_PRIMARY ? "eth0" : "eth1");
                strcpy(expected.adapter[s].name, expected.adapter[s].text);
        }
        ck_assert(pair_policy_equal(&drafts.items[0].policy, &expected));
        ck_assert_str_eq(drafts.items[0].policy.adapter[SIDE_STANDBY].name, "eth1");
        ck_assert_str_eq(drafts.items[0].policy.file, "test.yaml");
        ck_assert_uint_eq(drafts.items[0].policy.line, 2);
}
END_TEST

static const char everything[] = "version: 1\n"
                                 "pairs:\n"
                                 "  lan:\n"
                                 "    description: \"Uplink: \\\"rack\\\" 12 \\\\ Köln\"\n"
                                 "    primary: mac:00:53:00:AB:cd:ef\n"
                                 "    standby: path:pci-0000:3b:00.0\n"
                                 "    mode: observe\n"
                                 "    steering: redirect\n"
                                 "    prime: predicted\n"
                                 "    prime-items: {exclude: [rings, xps], include: [pause, fec]}\n"
                                 "    handover: {egress: on-failure, settle: 1.5s}\n"
                                 "    failback: {mode: auto, after: 1h 30min}\n"
                                 "    probe:\n"
                                 "      targets: [gateway, 192.0.2.1, '2001:db8::']\n"
                                 "      beacon: off\n"
                                 "      every: 20ms\n"
                                 "      timeout: 80ms\n"
                                 "      lose: 7\n"
                                 "    health:\n"
                                 "      sample: 123456us\n"
                                 "      signals:\n"
                                 "        rx-crc-errors: {warn: 3e-9, alarm: 0.01%}\n"
                                 "        rx-power: {warn: -12.5dBm, alarm: -14 dBm}\n"
                                 "        link-flaps: {warn: 2/h, alarm: 5/90s}\n"
                                 "        module-temperature: {alarm: 80C}\n"
                                 "        tx-bias: ignore\n"
                                 "        probe-loss: {warn: 0.5%, alarm: 0.3}\n"
                                 "    budget: {min-interval: 0s, max-per-hour: 0, hold-off: 1min 1s}\n";

START_TEST(test_every_key) {
        _cleanup_(policy_drafts_done) PolicyDrafts drafts = parse_good(everything);
        const PairPolicy *p = &drafts.items[0].policy;
        const SignalPolicy *s = p->signals;

        ck_assert_str_eq(p->description, "Uplink: \"rack\" 12 \\ Köln");
        ck_assert_int_eq(p->adapter[SIDE_PRIMARY].kind, ADAPTER_BY_MAC);
        ck_assert_mem_eq(p->adapter[SIDE_PRIMARY].mac.octet, "\x00\x53\x00\xab\xcd\xef", 6);
        ck_assert_int_eq(p->adapter[SIDE_STANDBY].kind, ADAPTER_BY_PATH);
        ck_assert_str_eq(p->adapter[SIDE_STANDBY].path, "pci-0000:3b:00.0");
        ck_assert_int_eq(p->mode, MODE_OBSERVE);
        ck_assert_int_eq(p->steering, STEERING_REDIRECT);
        ck_assert_int_eq(p->prime, PRIME_PREDICTED);
        ck_assert_uint_eq(p->prime_items.exclude, 1 << PRIME_RINGS | 1 << PRIME_XPS);
        ck_assert_uint_eq(p->prime_items.include, 1 << PRIME_PAUSE | 1 << PRIME_FEC);
        ck_assert_int_eq(p->egress, EGRESS_ON_FAILURE);
        ck_assert_uint_eq(p->settle, 1500 * USEC_PER_MSEC);
        ck_assert_int_eq(p->failback, FAILBACK_AUTO);
        ck_assert_uint_eq(p->failback_after, 90 * USEC_PER_MINUTE);
        ck_assert_uint_eq(p->probe.n_targets, 3);
        ck_assert_int_eq(p->probe.targets[0].family, AF_UNSPEC);
        ck_assert_uint_eq(p->probe.targets[1].in.s_addr, htonl(0xc0000201));
        ck_assert_uint_eq(p->probe.targets[2].in6.s6_addr[3], 0xb8);
        ck_assert(!p->probe.beacon);
        ck_assert_uint_eq(p->probe.every, 20 * USEC_PER_MSEC);
        ck_assert_uint_eq(p->probe.timeout, 80 * USEC_PER_MSEC);
        ck_assert_uint_eq(p->probe.lose, 7);
        ck_assert_uint_eq(p->sample, 123456);
        ck_assert_uint_eq(p->budget.min_interval, 0);
        ck_assert_uint_eq(p->budget.max_per_hour, 0);
        ck_assert_uint_eq(p->budget.hold_off, 61 * USEC_PER_SEC);
        ck_assert_double_eq(s[SIGNAL_RX_CRC_ERRORS].warn.value, 3e-9);
        ck_assert_double_eq(s[SIGNAL_RX_CRC_ERRORS].alarm.value, 0.01 / 100);
        ck_assert_double_eq(s[SIGNAL_RX_POWER].warn.value, -12.5);
        ck_assert_double_eq(s[SIGNAL_RX_POWER].alarm.value, -14);
        ck_assert_double_eq(s[SIGNAL_LINK_FLAPS].warn.value, 2);
        ck_assert_uint_eq(s[SIGNAL_LINK_FLAPS].warn.per, USEC_PER_HOUR);
        ck_assert_uint_eq(s[SIGNAL_LINK_FLAPS].alarm.per, 90 * USEC_PER_SEC);
        ck_assert(!s[SIGNAL_MODULE_TEMPERATURE].warn.set && s[SIGNAL_MODULE_TEMPERATURE].alarm.set);
        ck_assert(s[SIGNAL_TX_BIAS].ignore);
        ck_assert_double_eq(s[SIGNAL_PROBE_RX_LOST].alarm.value, 0.3);
}
END_TEST

START_TEST(test_defaults_apply_key_by_key) {
        _cleanup_(policy_drafts_done) PolicyDrafts drafts = parse_good(
                        "pairs:\n"
                        "  a: {primary: eth0, standby: eth1, probe: {lose: 9}}\n"
                        "  b:\n"
                        "    primary: eth2\n"
                        "    standby: eth3\n"
                        "    probe: {targets: []}\n"
                        "    health: {signals: {rx-power: {alarm: -20dBm}, tx-bias: {}}}\n"
                        "defaults:\n" /* also when they come last */
                        "  mode: observe\n"
                        "  probe: {targets: [192.0.2.1, 192.0.2.2], lose: 5}\n"
                        "  health: {signals: {rx-power: {warn: -11dBm}, tx-bias: ignore}}\n");
        const PairPolicy *a = &drafts.items[0].policy, *b = &drafts.items[1].policy;

        ck_assert_int_eq(a->mode, MODE_OBSERVE);
        ck_assert_uint_eq(a->probe.lose, 9);
        ck_assert_uint_eq(a->probe.n_targets, 2);
        ck_assert(a->signals[SIGNAL_TX_BIAS].ignore);
        ck_assert(!a->signals[SIGNAL_RX_POWER].alarm.set);
        ck_assert_uint_eq(b->probe.lose, 5);
        ck_assert_uint_eq(b->probe.n_targets, 0); /* a list replaces */
        ck_assert_double_eq(b->signals[SIGNAL_RX_POWER].warn.value, -11);
        ck_assert_double_eq(b->signals[SIGNAL_RX_POWER].alarm.value, -20);
        ck_assert(!b->signals[SIGNAL_TX_BIAS].ignore);
}
END_TEST

static const char *const nothing[] = { "", "# only a comment\n", "---\n", "pairs:\n", "pairs: {}\n",
        "version: 1\n", "~\n", "defaults:\npairs: ~\n", "\xef\xbb\xbfpairs:\n" };

START_TEST(test_nothing_is_no_pairs) {
        _cleanup_(policy_drafts_done) PolicyDrafts drafts = parse_good(nothing[_i]);

        ck_assert_uint_eq(drafts.n_items, 0);
}
END_TEST

static const char *const round_trips[] = {
        everything,
        "pairs:\n  lan: {primary: eth0, standby: eth1}\n",
        "pairs:\n  'null': {primary: 'null', standby: '#1', description: ' padded '}\n  '1': {primary: '~', "
        "standby: \"a'b\"}\n",
        "pairs:\n  p: {primary: a, standby: b, probe: {targets: ['fe80::1', '::1:2', '1::']}}\n",
        "pairs:\n  p: {primary: a, standby: b, health: {signals: {rx-power: {alarm: "
        "-14.123456789012345678dBm}, "
        "pre-fec-ber: {warn: 1.1e-17, alarm: 33.3%}, tx-timeout: {alarm: 0.3/12345678us}}}}\n",
};

START_TEST(test_round_trip) {
        _cleanup_(policy_drafts_done) PolicyDrafts first = parse_good(round_trips[_i]), second = {};
        _cleanup_free_ PairPolicy *policies = new0(PairPolicy, first.n_items);
        _cleanup_free_ char *text = NULL;
        size_t size;
        FILE *f = open_memstream(&text, &size);

        ck_assert_uint_gt(first.n_items, 0);
        for (size_t i = 0; i < first.n_items; i++)
                policies[i] = first.items[i].policy;
        policy_format(f, policies, first.n_items);
        fclose(f);
        ck_assert_ptr_nonnull(strstr(text, "# test.yaml:"));
        second = parse_good(text);
        ck_assert_uint_eq(second.n_items, first.n_items);
        for (size_t i = 0; i < first.n_items; i++)
                ck_assert_msg(pair_policy_equal(policies + i, &second.items[i].policy), "%s", text);
}
END_TEST

START_TEST(test_many_pairs) {
        _cleanup_(policy_diagnostics_done) PolicyDiagnostics diagnostics = {};
        _cleanup_(policy_drafts_done) PolicyDrafts drafts = {};
        _cleanup_free_ char *text = NULL;
        size_t size;
        FILE *f = open_memstream(&text, &size);

        fputs("pairs:\n", f);
        for (int i = 0; i <= POLICY_PAIRS_MAX; i++)
                fprintf(f, "  p%d: {primary: a%d, standby: b%d}\n", i, i, i);
        fclose(f);
        ck_assert_int_eq(policy_parse("many.yaml", text, size, &drafts, &diagnostics), 0);
        ck_assert_uint_eq(drafts.n_items, POLICY_PAIRS_MAX);
        ck_assert_uint_eq(diagnostics.n_errors, 1);
        ck_assert_str_eq(diagnostics.items[0].text, "more than 1024 pairs");
        ck_assert_uint_eq(diagnostics.items[0].line, POLICY_PAIRS_MAX + 2);
}
END_TEST

START_TEST(test_suggest) {
        static const char *const names[] = { "primary", NULL, "standby", "mode", "min-interval" };

        ck_assert_str_eq(policy_suggest("pirmary", names, ELEMENTSOF(names)), "primary");
        ck_assert_str_eq(policy_suggest("standy", names, ELEMENTSOF(names)), "standby");
        ck_assert_str_eq(policy_suggest("min_intervall", names, ELEMENTSOF(names)), "min-interval");
        ck_assert_ptr_null(policy_suggest("budget", names, ELEMENTSOF(names)));
        ck_assert_ptr_null(policy_suggest("", names, ELEMENTSOF(names)));
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("policy-parser");
        TCase *t = tcase_create("policy-parser");

        if (glob(POLICY_FILES "/wrong/*.yaml", 0, NULL, &wrong) != 0)
                wrong.gl_pathc = 0;
        tcase_add_test(t, test_wrong_are_many);
        tcase_add_loop_test(t, test_wrong, 0, (int) wrong.gl_pathc);
        tcase_add_test(t, test_minimal_has_built_in_defaults);
        tcase_add_test(t, test_every_key);
        tcase_add_test(t, test_defaults_apply_key_by_key);
        tcase_add_loop_test(t, test_nothing_is_no_pairs, 0, ELEMENTSOF(nothing));
        tcase_add_loop_test(t, test_round_trip, 0, ELEMENTSOF(round_trips));
        tcase_add_test(t, test_many_pairs);
        tcase_add_test(t, test_suggest);
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
