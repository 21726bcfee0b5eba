/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "check-main.h"
#include "irq-name.h"

static const struct {
        const char *name;
        int r;
        IrqName is;
} names[] = {
        { "eth0-TxRx-3", 0, { true, true, 3 } },
        { "ens3f0np0-rx-0", 0, { true, false, 0 } },
        { "A-tx-1", 0, { false, true, 1 } },
        { "eth0-Tx-Rx-7", 0, { true, true, 7 } },
        { "eth0-rxtx-1", 0, { true, true, 1 } },
        { "virtio0-input.0", 0, { true, false, 0 } },
        { "virtio0-output.12", 0, { false, true, 12 } },
        { "mlx5_comp4@pci:0000:3b:00.0", 0, { true, true, 4 } },
        { "i40e-eth0-TxRx-11", 0, { true, true, 11 } },
        { "eth0-2", 0, { true, true, 2 } },
        { "eth0", -ENOENT, {} },
        { "A", -ENOENT, {} },
        { "virtio0-config", -ENOENT, {} },
        { "mlx5_async0@pci:0000:3b:00.0", -ENOENT, {} },
        { "ena-mgmnt@pci:0000:00:05.0", -ENOENT, {} },
        { "eth0-TxRx-123456", -ENOENT, {} },
        { "-", -ENOENT, {} },
        { "7", -ENOENT, {} },
        { "", -ENOENT, {} },
};

START_TEST(test_name) {
        IrqName is = {};

        ck_assert_int_eq(irq_name_parse(names[_i].name, &is), names[_i].r);
        ck_assert(is.rx == names[_i].is.rx && is.tx == names[_i].is.tx && is.queue == names[_i].is.queue);
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("irq-name");
        TCase *t = tcase_create("irq-name");

        tcase_add_loop_test(t, test_name, 0, ELEMENTSOF(names));
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
