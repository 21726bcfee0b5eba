/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Messages that no adapter here has a driver for: a kernel that says it takes them understands them as they are
 * put, and refuses them only since the driver has no such thing. */

#include <linux/ethtool_netlink.h>
#include <net/if.h>

#include "check-main.h"
#include "ethtool-codec.h"
#include "flow-hash-codec.h"
#include "genl-policy.h"
#include "irq-moderation.h"
#include "netns-lab.h"
#include "rss-codec.h"

#define COALESCE_RX_PROFILE 29 /* ETHTOOL_A_COALESCE_RX_PROFILE, Linux 6.10 */

static NetlinkSocket *s;
static GenlFamily family;
static int adapter;
static Error e;

static void setup(void) {
        lab_enter();
        lab_run(-1, "ip tuntap add va mode tap"); /* whose driver coalesces, and spreads no flows */
        adapter = (int) if_nametoindex("va");
        e = (Error){};
        ck_assert_int_eq(netlink_socket_new(NETLINK_GENERIC, &s, &e), 0);
        ck_assert_int_eq(netlink_socket_genl_family(s, "ethtool", &family, &e), 0);
}

static void teardown(void) {
        s = netlink_socket_free(s);
}

static uint64_t accepted_in(uint32_t command) {
        uint64_t accepted = 0;

        ck_assert_msg(genl_policy_accepted(s, family.id, command, &accepted, &e) == 0, "%s", e.text);
        return accepted;
}

static struct nl_msg *message_new(void) {
        struct nl_msg *m = nlmsg_alloc_size(8192);

        ck_assert_ptr_nonnull(nlmsg_put(m, NL_AUTO_PORT, NL_AUTO_SEQ, family.id, 0, NLM_F_REQUEST));
        return m;
}

/* words: of the kernel, about what the driver has not. Put wrongly it would say something else. */
static void check_understood(struct nl_msg *m, const char *words) {
        Error cause = {};

        ck_assert_int_lt(netlink_socket_request(s, m, NULL, NULL, &cause), 0);
        ck_assert_msg(strstr(cause.text, words) != NULL, "%s", cause.text);
}

static RssConfig config(void) {
        RssConfig c = { .key = adapter_value_bytes("0123456789", 10), .function = 1, .transform = 1 };

        rss_table_default(&c.table, 8, 1);
        return c;
}

static const unsigned all = RSS_CHANGE_TABLE | RSS_CHANGE_KEY | RSS_CHANGE_FUNCTION | RSS_CHANGE_TRANSFORM;

START_TEST(test_rss) {
        static const RssMessage messages[] = { RSS_MESSAGE_SET, RSS_MESSAGE_CREATE, RSS_MESSAGE_DELETE };
        RssConfig c = config();

        for (size_t i = 0; i < ELEMENTSOF(messages); i++) {
                _cleanup_(netlink_message_freep) struct nl_msg *m = message_new();
                bool delete = messages[i] == RSS_MESSAGE_DELETE;

                if (!rss_codec_can_carry(accepted_in(messages[i]), 1, delete ? 0 : all)) {
                        printf("SKIP: this kernel has no message %d about RSS\n", (int) messages[i]);
                        continue;
                }
                ck_assert_int_eq(delete ? rss_codec_put_delete(m, adapter, 1)
                                        : rss_codec_put_config(m, messages[i], adapter, 1, &c, all),
                                0);
                check_understood(m, "Operation not supported");
        }
}
END_TEST

START_TEST(test_flow_hash) {
        const char *name;

        for (size_t i = 0; (name = flow_hash_codec_name(i)); i++) {
                _cleanup_(netlink_message_freep) struct nl_msg *m = message_new();

                if (!flow_hash_codec_can_set(accepted_in(RSS_MESSAGE_SET), name)) {
                        printf("SKIP: this kernel takes no hash of flows by netlink\n");
                        return;
                }
                ck_assert_int_eq(flow_hash_codec_put_set(m, adapter, name, 0xf0), 0);
                check_understood(m, "Operation not supported");
        }
}
END_TEST

START_TEST(test_moderation) {
        const IrqModeration profile = { 5,
                { { 1, 64, 2 }, { 8, 256, 2 }, { 64, 256, 2 }, { 128, 256, 2 }, { 256, 256, 2 } } };
        AdapterChange c = { .attribute = ATTRIBUTE_COALESCE_RX_PROFILE,
                .value = irq_moderation_value(&profile) };
        _cleanup_(netlink_message_freep) struct nl_msg *m = message_new();

        if (!(accepted_in(ETHTOOL_MSG_COALESCE_SET) >> COALESCE_RX_PROFILE & 1)) {
                printf("SKIP: this kernel has no profiles of interrupt moderation\n");
                return;
        }
        ck_assert_int_eq(ethtool_codec_put_set(m, adapter, &c, 1), 0);
        check_understood(m, "cannot modify an unsupported parameter");
}
END_TEST

static Suite *suite(void) {
        Suite *result = suite_create("ethtool-messages");
        TCase *t = tcase_create("ethtool-messages");

        tcase_add_unchecked_fixture(t, setup, teardown);
        tcase_add_test(t, test_rss);
        tcase_add_test(t, test_flow_hash);
        tcase_add_test(t, test_moderation);
        suite_add_tcase(result, t);
        return result;
}

CHECK_MAIN();
