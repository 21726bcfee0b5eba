/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "check-main.h"
#include "shared-fate.h"

#define ROOT "/sys/devices/pci0000:3a"

static const struct {
        AdapterPlace a, b;
        SharedFate fate; /* _INVALID: none */
        const char *words;
} pci_cases[] = {
        /* two ports of one card */
        { { .device = ROOT "/0000:3a:00.0/0000:3b:00.0" }, { .device = ROOT "/0000:3a:00.0/0000:3b:00.1" },
                        SHARED_CARD, "A and B are ports of one card, 0000:3b:00" },
        /* mlx4: two ports of one function; a hub of USB adapters */
        { { .device = ROOT "/0000:3a:00.0/0000:3b:00.0" }, { .device = ROOT "/0000:3a:00.0/0000:3b:00.0" },
                        SHARED_DEVICE, "A and B are driven by one PCI device, 0000:3b:00.0" },
        { { .device = "/sys/devices/pci0000:00/0000:00:14.0/usb1/1-2/1-2:1.0" },
                        { .device = "/sys/devices/pci0000:00/0000:00:14.0/usb1/1-3/1-3:1.0" }, SHARED_DEVICE,
                        "A and B are driven by one PCI device, 0000:00:14.0" },
        /* two cards in slots behind one switch */
        { { .device = ROOT "/0000:3a:00.0/0000:3b:00.0/0000:3c:01.0/0000:3d:00.0" },
                        { .device = ROOT "/0000:3a:00.0/0000:3b:00.0/0000:3c:02.0/0000:3e:00.0" },
                        SHARED_BRIDGE, "A and B are below one PCIe port, 0000:3b:00.0" },
        /* two root ports of one host bridge: as far apart as most machines let them be */
        { { .device = ROOT "/0000:3a:00.0/0000:3b:00.0" }, { .device = ROOT "/0000:3a:02.0/0000:3d:00.0" },
                        _SHARED_FATE_INVALID, NULL },
        { { .device = "/sys/devices/pci0000:00/0000:00:03.0/virtio0" },
                        { .device = "/sys/devices/pci0000:00/0000:00:04.0/virtio1" }, _SHARED_FATE_INVALID,
                        NULL },
        /* virtual functions: of one port, of two ports of one card, and one beside its own physical function */
        { { .device = ROOT "/0000:3a:00.0/0000:3b:02.0", .physical = "0000:3b:00.0" },
                        { .device = ROOT "/0000:3a:00.0/0000:3b:02.1", .physical = "0000:3b:00.0" },
                        SHARED_PORT, "A and B are functions of one port, 0000:3b:00.0: one cable serves both" },
        { { .device = ROOT "/0000:3a:00.0/0000:3b:02.0", .physical = "0000:3b:00.0" },
                        { .device = ROOT "/0000:3a:00.0/0000:3b:0a.0", .physical = "0000:3b:00.1" },
                        SHARED_CARD, "A and B are ports of one card, 0000:3b:00" },
        { { .device = ROOT "/0000:3a:00.0/0000:3b:00.0" },
                        { .device = ROOT "/0000:3a:00.0/0000:3b:02.1", .physical = "0000:3b:00.0" },
                        SHARED_PORT, "A and B are functions of one port, 0000:3b:00.0: one cable serves both" },
        /* no PCI at all */
        { { .device = "/sys/devices/platform/soc/30be0000.ethernet" },
                        { .device = "/sys/devices/platform/soc/30bf0000.ethernet" }, _SHARED_FATE_INVALID,
                        NULL },
        { {}, { .device = ROOT "/0000:3a:00.0/0000:3b:00.0" }, _SHARED_FATE_INVALID, NULL },
};

START_TEST(test_pci) {
        AdapterPlace a = pci_cases[_i].a, b = pci_cases[_i].b;
        SharedFateNote notes[_SHARED_FATE_MAX];
        size_t n;

        a.name = "A";
        b.name = "B";
        n = shared_fate_find(&a, &b, notes);
        if (pci_cases[_i].fate < 0) {
                ck_assert_uint_eq(n, 0);
                return;
        }
        ck_assert_uint_eq(n, 1);
        ck_assert_int_eq(notes[0].fate, pci_cases[_i].fate);
        ck_assert_str_eq(notes[0].text, pci_cases[_i].words);
        ck_assert(shared_fate_is_grave(notes[0].fate));
}
END_TEST

START_TEST(test_switch_and_driver) {
        LldpNeighbour left = { .chassis = "02:00:00:00:00:01", .port = "Eth1/1", .system = "sw1" };
        LldpNeighbour right = { .chassis = "02:00:00:00:00:01", .port = "Eth1/2" }, other = right;
        AdapterPlace a = { .name = "A", .driver = "igb", .neighbour = &left };
        AdapterPlace b = { .name = "B", .driver = "igb", .neighbour = &right };
        SharedFateNote notes[_SHARED_FATE_MAX];

        ck_assert_uint_eq(shared_fate_find(&a, &b, notes), 2);
        ck_assert_str_eq(notes[0].text, "A and B are cabled to one switch, sw1 (ports Eth1/1 and Eth1/2)");
        ck_assert_str_eq(notes[1].text, "A and B have one driver, igb");
        ck_assert(!shared_fate_is_grave(notes[1].fate));
        other.chassis[0] = '4';
        b.neighbour = &other;
        b.driver = "e1000e";
        ck_assert_uint_eq(shared_fate_find(&a, &b, notes), 0);
        b.neighbour = NULL;
        ck_assert_uint_eq(shared_fate_find(&a, &b, notes), 0);
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("shared-fate");
        TCase *t = tcase_create("shared-fate");

        tcase_add_loop_test(t, test_pci, 0, (int) ELEMENTSOF(pci_cases));
        tcase_add_test(t, test_switch_and_driver);
        suite_add_tcase(s, t);
        return s;
}

CHECK_MAIN();
