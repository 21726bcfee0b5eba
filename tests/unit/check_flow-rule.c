/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <arpa/inet.h>

#include "check-main.h"
#include "flow-rule.h"

static FlowRule tcp4(void) {
        FlowRule r = { .spec.flow_type = TCP_V4_FLOW, .spec.ring_cookie = 3 };

        r.spec.h_u.tcp_ip4_spec.ip4src = inet_addr("10.0.0.1");
        r.spec.m_u.tcp_ip4_spec.ip4src = inet_addr("255.255.255.0");
        r.spec.h_u.tcp_ip4_spec.pdst = htons(80);
        r.spec.m_u.tcp_ip4_spec.pdst = UINT16_MAX;
        return r;
}

static void check_text(const FlowRule *r, const char *expected) {
        AdapterValue v = flow_rule_value(r);
        char text[ADAPTER_VALUE_TEXT_MAX];

        ck_assert_str_eq(adapter_value_format(text, &v, FORMAT_FLOW_RULE), expected);
}

START_TEST(test_format) {
        FlowRule r = tcp4(), none = {}, ether = { .spec.flow_type = ETHER_FLOW };
        AdapterValue broken = adapter_value_number(1);
        char text[ADAPTER_VALUE_TEXT_MAX];

        check_text(&r, "tcp4 src-ip 10.0.0.1/ffffff00 dst-port 80 queue 3");
        r.spec.flow_type |= FLOW_EXT;
        r.spec.h_ext.vlan_tci = htons(12);
        r.spec.m_ext.vlan_tci = htons(0xfff);
        r.spec.ring_cookie = RX_CLS_FLOW_DISC;
        check_text(&r, "tcp4 src-ip 10.0.0.1/ffffff00 dst-port 80 vlan 12/0fff drop");
        r = tcp4();
        r.spec.flow_type |= FLOW_RSS;
        r.context = 2;
        check_text(&r, "tcp4 src-ip 10.0.0.1/ffffff00 dst-port 80 queue 3 context 2");
        ether.spec.h_u.ether_spec.h_proto = htons(0x88f7);
        ether.spec.m_u.ether_spec.h_proto = UINT16_MAX;
        check_text(&ether, "ether proto 88f7 queue 0");
        check_text(&none, "type 0 queue 0");
        ck_assert_str_eq(adapter_value_format(text, &broken, FORMAT_FLOW_RULE), "?");
        memset(&r, 0xff, sizeof(r)); /* the longest text there is, and then some */
        for (uint32_t type = 0; type < 0x20; type++) {
                AdapterValue v;

                r.spec.flow_type = type | FLOW_EXT | FLOW_MAC_EXT | FLOW_RSS;
                memset(&r.spec.m_u, 0x7f, sizeof(r.spec.m_u));
                v = flow_rule_value(&r);
                ck_assert_uint_lt(strlen(adapter_value_format(text, &v, FORMAT_FLOW_RULE)), sizeof(text));
        }
}
END_TEST

START_TEST(test_fields) {
        static const struct {
                uint64_t fields;
                const char *text;
        } rows[] = {
                { RXH_IP_SRC | RXH_IP_DST, "sd" },
                { RXH_IP_SRC | RXH_IP_DST | RXH_L4_B_0_1 | RXH_L4_B_2_3, "sdfn" },
                { (uint32_t) RXH_DISCARD, "r" },
                { RXH_VLAN | UINT64_C(1) << 40, "v+0x10000000000" },
                { 0, "0" },
        };
        char text[ADAPTER_VALUE_TEXT_MAX];

        for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                AdapterValue v = adapter_value_number(rows[i].fields);

                ck_assert_str_eq(adapter_value_format(text, &v, FORMAT_FIELDS), rows[i].text);
        }
}
END_TEST

START_TEST(test_action) {
        FlowRule r = tcp4();

        ck_assert_int_eq(flow_rule_action(&r), FLOW_QUEUE);
        ck_assert_uint_eq(flow_rule_queue(&r), 3);
        flow_rule_set_queue(&r, 1);
        ck_assert_uint_eq(flow_rule_queue(&r), 1);
        r.spec.ring_cookie = RX_CLS_FLOW_DISC;
        ck_assert_int_eq(flow_rule_action(&r), FLOW_DROP);
        r.spec.ring_cookie = RX_CLS_FLOW_WAKE;
        ck_assert_int_eq(flow_rule_action(&r), FLOW_WAKE);
        r.spec.ring_cookie = UINT64_C(1) << ETHTOOL_RX_FLOW_SPEC_RING_VF_OFF | 3;
        ck_assert_int_eq(flow_rule_action(&r), FLOW_FUNCTION);
}
END_TEST

/* The place of a rule without a location is what it says, wherever it was read. */
START_TEST(test_place) {
        FlowRule r = tcp4(), other = tcp4();

        other.spec.location = 17;
        ck_assert_uint_eq(flow_rule_place(&r), flow_rule_place(&other));
        ck_assert_uint_ge(flow_rule_place(&r), FLOW_RULE_ANYWHERE);
        flow_rule_set_queue(&other, 4);
        ck_assert_uint_ne(flow_rule_place(&r), flow_rule_place(&other));
}
END_TEST

START_TEST(test_value) {
        FlowRule r = tcp4(), again;
        AdapterValue v = flow_rule_value(&r), absent = adapter_value_absent();

        ck_assert(flow_rule_parse(&v, &again));
        ck_assert_mem_eq(&r, &again, sizeof(r));
        v.size--;
        ck_assert(!flow_rule_parse(&v, &again));
        ck_assert(!flow_rule_parse(&absent, &again));
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("flow-rule");
        TCase *t = tcase_create("flow-rule");

        tcase_add_test(t, test_format);
        tcase_add_test(t, test_fields);
        tcase_add_test(t, test_action);
        tcase_add_test(t, test_place);
        tcase_add_test(t, test_value);
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
