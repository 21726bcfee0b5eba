#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Moves between the ports of a bond (the kernel's own bonding driver, igb), every frame counted."""

import sys
import time
from pathlib import Path
from typing import Any

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab.daemon import wait_until  # noqa: E402
from lab.network import BROADCAST4, HOST4, PEER4  # noqa: E402
from lab.vm import case  # noqa: E402
from lab.vm.case import MachineCase  # noqa: E402

OPTIONS = "/sys/class/net/bond0/bonding"
# seconds for a bond's ports to have their links, and for it to know
PATIENCE = 60


class BondCase(MachineCase):
    MODE = "active-backup"

    def setUp(self) -> None:
        super().setUp()
        self.addCleanup(self.delete_bond)

    def delete_bond(self) -> None:
        self.host.shell(
            "for name in br0 bond0.42 D; do ip link del $name 2>/dev/null || true; done\n"
            "ip link del bond0 2>/dev/null || true"
        )

    def make_bond(self, address_on: str = "bond0", more: str = "", ports: str = "A B", **options: Any) -> None:
        """A bond of A and B, A active; `more` is done before it gets its address."""
        words = " ".join(f"{key} {value}" for key, value in ({"miimon": 100} | options).items())
        self.host.shell(
            "modprobe bonding max_bonds=0\n"
            f"ip link add bond0 type bond mode {self.MODE} {words}\n"
            f"for port in {ports}; do ip addr flush dev $port; ip link set $port down; "
            "ip link set $port master bond0; done\n"
            f"ip link set bond0 up\n{more}\n"
            f"ip addr add {HOST4}/24 brd {BROADCAST4} dev {address_on}\n"
        )
        self.wait_ports(ports)

    def wait_ports(self, ports: str = "A B") -> None:
        self.host.shell(
            f"for port in {ports}; do until [ $(cat /sys/class/net/$port/carrier) = 1 ]; do sleep .1; done; done\n"
            f"until [ $(grep -c 'MII Status: up' /proc/net/bonding/bond0) = {len(ports.split()) + 1} ]; "
            f"do sleep .1; done\nuntil ping -qc1 -W1 {PEER4} >/dev/null; do :; done",
            timeout=PATIENCE,
        )

    def option(self, name: str) -> str:
        return self.host.read(f"{OPTIONS}/{name}").strip()

    def active(self) -> str:
        return self.option("active_slave")

    def is_open(self) -> bool:
        return self.option("all_slaves_active").startswith("1")

    def wait_closed(self) -> None:
        wait_until(lambda: not self.is_open(), 10, "the bond still takes frames from all ports")

    def steering(self) -> str:
        return self.daemon.status()["steering"]


class Ordered(BondCase):
    def test_split_switch_and_back(self) -> None:
        self.make_bond()
        self.start()
        self.assertEqual(self.steering(), "bond")
        self.assertFalse(self.is_open())
        streams = self.traffic()
        sampler = self.lab.sampler(streams)
        time.sleep(1)
        self.daemon.control("split", "lan")
        self.assertEqual(self.daemon.status()["state"], "split")
        self.assertTrue(self.is_open())
        self.assertEqual(self.active(), "A")
        time.sleep(2)
        self.daemon.control("switch", "lan")
        self.daemon.wait_serving("B")
        self.assertEqual(self.active(), "B")
        time.sleep(1)
        path = self.measured_path(sampler)
        self.wait_closed()
        self.lab.adapters["A"].cut()
        time.sleep(1)
        self.lab.adapters["A"].mend()
        self.wait_ports()
        self.daemon.wait_ready(timeout=60)
        self.daemon.control("switch", "lan", "A", timeout=90)
        self.daemon.wait_serving("A")
        time.sleep(1)
        self.assertEqual(self.active(), "A")
        self.assert_clean(streams)
        self.assertGreater(path.split_seconds, 1.0)
        self.assertTrue(path.egress_on_primary, path)
        self.wait_closed()


if __name__ == "__main__":
    case.main()
