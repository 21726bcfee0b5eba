/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Messages about module memory, byte for byte as Documentation/networking/ethtool-netlink.rst and the kernel's
 * net/ethtool/eeprom.c have them, and reading all that is due by a source. */

#include <linux/ethtool_netlink.h>
#include <netlink/attr.h>
#include <netlink/genl/genl.h>

#include "alloc-util.h"
#include "check-main.h"
#include "fake-module.h"
#include "module-codec.h"
#include "module-diagnostics.h"
#include "module-source-contract.h"

START_TEST(test_request) {
        /* generic netlink header, then ifindex 7; offset 196; length 16; page 0; bank 0; address 50h */
        static const uint8_t expected[] = { ETHTOOL_MSG_MODULE_EEPROM_GET, 1, 0, 0, /**/
                12, 0, 0x01, 0x80, 8, 0, 1, 0, 7, 0, 0, 0,                          /**/
                8, 0, 2, 0, 196, 0, 0, 0,                                           /**/
                8, 0, 3, 0, 16, 0, 0, 0,                                            /**/
                5, 0, 4, 0, 0, 0, 0, 0,                                             /**/
                5, 0, 5, 0, 0, 0, 0, 0,                                             /**/
                5, 0, 6, 0, 0x50, 0, 0, 0 };
        const ModuleBlock block = { .area = MODULE_PAGE_00, .offset = 68, .length = 16 };
        struct nl_msg *m = module_request(21, 7, &block);

        ck_assert_ptr_nonnull(m);
        ck_assert_uint_eq(nlmsg_hdr(m)->nlmsg_type, 21);
        ck_assert_uint_eq(nlmsg_datalen(nlmsg_hdr(m)), sizeof(expected));
        ck_assert_mem_eq(nlmsg_data(nlmsg_hdr(m)), expected, sizeof(expected));
        nlmsg_free(m);
}
END_TEST

/* What a kernel could answer; any size of payload. */
static struct nl_msg *reply(const uint8_t *payload, size_t n) {
        struct nl_msg *m = nlmsg_alloc();

        ck_assert_ptr_nonnull(genlmsg_put(
                        m, 0, 0, 21, 0, 0, ETHTOOL_MSG_MODULE_EEPROM_GET_REPLY, ETHTOOL_GENL_VERSION));
        if (payload)
                ck_assert_int_eq(nla_put(m, ETHTOOL_A_MODULE_EEPROM_DATA, (int) n, payload), 0);
        return m;
}

START_TEST(test_reply) {
        uint8_t payload[MODULE_HALF + 1], data[MODULE_HALF];
        static const size_t good[] = { 1, 16, MODULE_HALF }, bad[] = { 0, MODULE_HALF + 1 };

        for (size_t i = 0; i < sizeof(payload); i++)
                payload[i] = (uint8_t) i;
        for (size_t i = 0; i < ELEMENTSOF(good); i++) {
                struct nl_msg *m = reply(payload, good[i]);

                ck_assert_int_eq(module_reply_parse(nlmsg_hdr(m), data), (int) good[i]);
                ck_assert_mem_eq(data, payload, good[i]);
                nlmsg_free(m);
        }
        for (size_t i = 0; i < ELEMENTSOF(bad); i++) {
                struct nl_msg *m = reply(payload, bad[i]);

                ck_assert_int_eq(module_reply_parse(nlmsg_hdr(m), data), -EBADMSG);
                nlmsg_free(m);
        }
}
END_TEST

/* Cut short at every length, and with every byte changed. */
START_TEST(test_hostile_reply) {
        uint8_t payload[24] = {}, data[MODULE_HALF];
        struct nl_msg *m = reply(payload, sizeof(payload));
        struct nlmsghdr *h = nlmsg_hdr(m);
        size_t size = h->nlmsg_len;

        for (size_t cut = NLMSG_HDRLEN; cut <= size; cut++)
                for (size_t i = NLMSG_HDRLEN; i < cut; i++) {
                        _cleanup_free_ uint8_t *copy = malloc(cut);
                        int r;

                        memcpy(copy, h, cut);
                        copy[i] ^= 0xff;
                        ((struct nlmsghdr *) copy)->nlmsg_len = (uint32_t) cut;
                        r = module_reply_parse((struct nlmsghdr *) copy, data);
                        ck_assert(r == -EBADMSG || (r > 0 && r <= MODULE_HALF));
                }
        nlmsg_free(m);
        m = reply(NULL, 0);
        ck_assert_int_eq(module_reply_parse(nlmsg_hdr(m), data), -EBADMSG);
        nlmsg_free(m);
}
END_TEST

static ModuleSource *source(void) {
        ModuleSource *s;

        ck_assert_int_eq(fake_module_open(&s, NULL), 0);
        return s;
}

START_TEST(test_contract) {
        ModuleSource *s = source();

        fake_modules[0] = (FakeModule){ .ifindex = 3 };
        module_source_contract(s, 9, 3);
        module_source_free(s);
}
END_TEST

START_TEST(test_read_all) {
        ModuleSource *s = source();
        FakeModule *fake = fake_module_plug(0, 3, "mellanox-mma1b00-ss1");
        ModuleDiagnostics d;
        ModuleMemory m = {};
        Error e = {};

        ck_assert_int_eq(module_source_read_all(s, 3, &m, &e), 0);
        module_diagnostics_decode(&m, &d);
        ck_assert_str_eq(d.serial, "MT1834FT03846");
        ck_assert(d.limit[MODULE_TX_BIAS][0].set);
        /* page 03h is refused now: it was read once, and is not asked for again */
        fake->dump.n[MODULE_PAGE_03] = 0;
        module_memory_refresh(&m);
        ck_assert_int_eq(module_source_read_all(s, 3, &m, &e), 0);
        /* the module falls silent: with the driver's words */
        fake->silent = true;
        module_memory_refresh(&m);
        ck_assert_int_eq(module_source_read_all(s, 3, &m, &e), -EIO);
        ck_assert_str_eq(e.text, "kernel: i2c bus timed out");
        module_source_free(s);
}
END_TEST

/* A module that gives another serial number each time does not keep the reader for ever. */
static unsigned n_reads;

static int flaky_read(ModuleSource *s, int ifindex, const ModuleBlock *b, uint8_t data[static MODULE_HALF],
                Error *e) {
        memset(data, 0, MODULE_HALF);
        data[0] = 0x11;
        if (b->length == 16)
                data[0] = (uint8_t) ('A' + n_reads++ % 26);
        return b->length;
}

START_TEST(test_flaky) {
        static const ModuleSourceOps ops = { .name = "flaky", .read = flaky_read };
        ModuleSource s = { .ops = &ops };
        ModuleMemory m = {};
        Error e = {};

        ck_assert_int_eq(module_source_read_all(&s, 3, &m, &e), 0);
        for (unsigned i = 0; i < 50; i++) {
                module_memory_refresh(&m);
                ck_assert_int_eq(module_source_read_all(&s, 3, &m, &e), 0);
        }
        ck_assert_uint_ge(m.swaps, 50);
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("module-codec");
        TCase *t = tcase_create("module-codec");

        tcase_add_test(t, test_request);
        tcase_add_test(t, test_reply);
        tcase_add_test(t, test_hostile_reply);
        tcase_add_test(t, test_contract);
        tcase_add_test(t, test_read_all);
        tcase_add_test(t, test_flaky);
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
