#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Moves between the ports of a bond (the kernel's own bonding driver, igb), every frame counted."""

import sys
import time
import unittest
from collections.abc import Iterable
from pathlib import Path
from typing import Any

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab.daemon import ControlError, wait_until  # noqa: E402
from lab.network import BROADCAST4, HOST4, MAC  # noqa: E402
from lab.traffic import Stream  # noqa: E402
from lab.vm import case  # noqa: E402
from lab.vm.case import MachineCase  # noqa: E402

OPTIONS = "/sys/class/net/bond0/bonding"
# seconds for a bond's ports to have their links, and for it to know
PATIENCE = 60
CLOSED = 15


class BondCase(MachineCase):
    def setUp(self) -> None:
        super().setUp()
        self.addCleanup(self.delete_bond)

    def start(self, text: str | None = None, ready: bool = True, **keys: Any) -> None:
        super().start(text, ready, **({"steering": "bond"} | keys))

    def delete_bond(self) -> None:
        self.host.shell("for name in br0 bond0.42 bond0 D; do ip link del $name 2>/dev/null || true; done")

    def make_bond(
        self, mode: str = "active-backup", home: str = "bond0", more: str = "", ports: str = "A B", **options: Any
    ) -> None:
        """A bond of A and B, A active; `more` is done before `home` gets the address."""
        words = " ".join(f"{key} {value}" for key, value in ({"miimon": 100} | options).items())
        self.host.shell(
            "modprobe bonding max_bonds=0\n"
            f"ip link add bond0 type bond mode {mode} {words}\n"
            f"for port in {ports}; do ip addr flush dev $port; ip link set $port down; "
            "ip link set $port master bond0; done\n"
            f"ip link set bond0 up\n{more}\nip addr add {HOST4}/24 brd {BROADCAST4} dev {home}\n"
        )
        self.wait_ports(ports)

    def wait_ports(self, ports: str = "A B") -> None:
        for port in ports.split():
            self.lab.wait_carrier(port)
        up = len(ports.split()) + 1
        self.host.shell(
            f"until [ $(grep -c 'MII Status: up' /proc/net/bonding/bond0) = {up} ]; do sleep .1; done",
            timeout=PATIENCE,
        )

    def reach(self, address: str = HOST4) -> None:
        self.lab.wait_reachable(self.lab.peer, address, PATIENCE)

    def option(self, name: str) -> str:
        return self.host.read(f"{OPTIONS}/{name}").strip()

    def active(self) -> str:
        return self.option("active_slave")

    def is_open(self) -> bool:
        return self.option("all_slaves_active").startswith("1")

    def wait_closed(self) -> None:
        wait_until(lambda: not self.is_open(), CLOSED, "the bond still takes frames from all ports")

    def switch(self, to: str) -> None:
        self.daemon.control("switch", "lan", to, timeout=90)
        self.assertEqual(self.daemon.status()["serving"], to)
        self.assertEqual(self.active(), to)

    def there_and_back(self, streams: Iterable[Stream]) -> None:
        """Split, switch, and the way back, under traffic: each frame once, and the bond as it was."""
        time.sleep(1)
        self.daemon.control("split", "lan")
        self.assertTrue(self.is_open())
        self.assertEqual(self.active(), "A")
        time.sleep(1)
        self.switch("B")
        self.wait_closed()
        self.daemon.wait_ready(timeout=PATIENCE)
        self.switch("A")
        self.wait_closed()
        time.sleep(0.5)
        self.assert_clean(streams)


class Moves(BondCase):
    @unittest.skip("not run to its end on a machine with time yet; `auto` does not take bonds")
    def test_split_switch_and_cut(self) -> None:
        self.make_bond()
        self.reach()
        self.start()
        self.assertEqual(self.daemon.status()["steering"], "bond")
        self.assertFalse(self.is_open())
        streams = self.traffic()
        sampler = self.lab.sampler(streams)
        time.sleep(1)
        self.daemon.control("split", "lan")
        self.assertEqual(self.daemon.status()["state"], "split")
        time.sleep(2)
        self.switch("B")
        time.sleep(1)
        path = self.measured_path(sampler)
        self.wait_closed()
        self.lab.adapters["A"].cut()
        time.sleep(1)
        self.lab.adapters["A"].mend()
        self.assert_clean(streams)
        self.assertGreater(path.split_seconds, 1.0)
        self.assertTrue(path.egress_on_primary, path)

    @unittest.skip("not run to its end on a machine with time yet; `auto` does not take bonds")
    def test_addresses_follow_none(self) -> None:
        self.make_bond(fail_over_mac="none")
        self.reach()
        self.start()
        self.there_and_back(self.traffic())

    @unittest.skip("not passed yet: 10 of some 40 000 frames were reordered; `auto` does not take bonds")
    def test_addresses_follow_active(self) -> None:
        self.make_bond(fail_over_mac="active")
        self.reach()
        self.start()
        self.there_and_back(self.traffic())
        self.assertIn(MAC["A"], self.host.ip("link", "show", "bond0"))

    @unittest.skip("not dependable yet: 0 to 9 of some 40 000 frames are reordered; `auto` does not take bonds")
    def test_addresses_follow_follow(self) -> None:
        self.make_bond(fail_over_mac="follow")
        self.reach()
        self.start()
        self.there_and_back(self.traffic())

    @unittest.skip("not run to its end on a machine with time yet; `auto` does not take bonds")
    def test_sudden_failure(self) -> None:
        """The programs take over before the bond has looked at its ports: it looks every second here."""
        self.make_bond(miimon=1000)
        self.reach()
        self.start()
        streams = self.traffic()
        time.sleep(1)
        self.lab.adapters["A"].cut()
        self.daemon.wait_serving("B")
        time.sleep(2)
        reports = [stream.stop() for stream in streams]
        for report in reports:
            print(f"# sudden: {case.short(report)}")
            self.assertLess(report.lost, self.RATE / 4, report)
            self.assertEqual(report.duplicated, 0, report)
        self.assertEqual(self.active(), "B")
        self.assertFalse(self.is_open())


class Above(BondCase):
    @unittest.skip("not passed yet: asks the peer for a VLAN device, which not every kernel has; `auto` does not take bonds")
    def test_vlan(self) -> None:
        self.lab.peer.ip("link", "add", "link", "P", "name", "P.42", "type", "vlan", "id", "42")
        self.addCleanup(self.lab.peer.ip, "link", "del", "P.42")
        self.lab.peer.ip("addr", "add", "10.42.0.2/24", "dev", "P.42")
        self.lab.peer.ip("link", "set", "P.42", "up")
        self.make_bond(
            more="ip link add link bond0 name bond0.42 type vlan id 42; ip link set bond0.42 up; "
            "ip addr add 10.42.0.1/24 dev bond0.42"
        )
        self.reach()
        self.reach("10.42.0.1")
        self.start()
        tagged = case.both_ways(self.host, self.lab.peer, "10.42.0.1", "10.42.0.2", 500)
        self.there_and_back([*self.traffic(1000), *(stream.start() for stream in tagged)])

    @unittest.skip("not dependable yet: 0 to 9 of some 40 000 frames are reordered; `auto` does not take bonds")
    def test_bridge(self) -> None:
        """With a guest behind the bridge, whose address the network must find, too."""
        self.make_bond(
            home="br0",
            more="ip link add br0 type bridge forward_delay 0; ip link set bond0 master br0; ip link set br0 up; "
            "ip netns add guest; ip link add D type veth peer name G netns guest; ip link set D master br0 up; "
            "ip -n guest link set G up; ip -n guest addr add 10.9.0.7/24 dev G",
        )
        self.addCleanup(self.host.call, "ip", "netns", "del", "guest")
        self.reach()
        self.reach("10.9.0.7")
        self.start()
        self.there_and_back(self.traffic())
        self.reach("10.9.0.7")

    @unittest.skip("not passed yet: the veth that is the third port does not come up; `auto` does not take bonds")
    def test_third_port(self) -> None:
        """Left alone, and no second copy of a frame comes by it; when it is the active one, nothing moves."""
        self.make_bond(more="ip link add D type veth peer name E; ip link set E up; ip link set D master bond0; "
                       "ip link set D up")  # fmt: skip
        self.reach()
        self.start()
        self.there_and_back(self.traffic())
        self.host.shell(f"echo D >{OPTIONS}/active_slave")
        self.daemon.wait_entry("external-change")
        with self.assertRaisesRegex(ControlError, "D"):
            self.daemon.control("switch", "lan", "--force")
        self.assertEqual(self.active(), "D")
        self.host.shell(f"echo A >{OPTIONS}/active_slave")
        self.daemon.wait_ready(timeout=PATIENCE)
        self.daemon.write_policy("pairs: {}\n")
        self.daemon.control("reload")
        self.assertNotIn("bpf", self.host.run("tc", "filter", "show", "dev", "D", "ingress"))


class Others(BondCase):
    @unittest.skip("not run to its end on a machine with time yet; `auto` does not take bonds")
    def test_foreign_change(self) -> None:
        self.make_bond()
        self.reach()
        self.start()
        self.host.shell(f"echo B >{OPTIONS}/active_slave")
        entry = self.daemon.wait_entry("external-change")
        self.assertIn("bond0", entry["MESSAGE"])
        self.daemon.wait_serving("B")
        self.assertEqual(self.active(), "B")
        self.assertFalse(self.is_open())
        self.daemon.wait_ready(timeout=PATIENCE)
        # what evidence would say now waits for budget.min-interval
        self.daemon.control("inject", "B", "rx-crc-errors", "alarm", "--for=20s")
        self.daemon.wait_entry("switch-suppressed")
        self.assertEqual(self.active(), "B")

    @unittest.skip("not run to its end on a machine with time yet; `auto` does not take bonds")
    def test_primary_is_told_and_left(self) -> None:
        self.make_bond()
        self.host.shell("ip link set bond0 type bond primary A")
        self.reach()
        self.start()
        self.assertIn("primary", self.daemon.wait_entry("conflict")["MESSAGE"])
        self.assertIn("A", self.option("primary"))

    @unittest.skip("not run to its end on a machine with time yet; `auto` does not take bonds")
    def test_other_mode_is_observed(self) -> None:
        self.make_bond(mode="802.3ad")
        self.start(ready=False)
        wait_until(lambda: self.daemon.status()["steering"] == "bond", PATIENCE, "no steering")
        self.assertIn("802.3ad", " ".join(self.daemon.status()["protected_reasons"]))
        with self.assertRaisesRegex(ControlError, "802.3ad"):
            self.daemon.control("switch", "lan", "--force")
        self.assertNotIn("bpf", self.host.run("tc", "filter", "show", "dev", "A", "ingress"))

    @unittest.skip("not run to its end on a machine with time yet; `auto` does not take bonds")
    def test_bond_without_a_bond(self) -> None:
        self.start(ready=False, steering="bond")
        reasons = wait_until(lambda: self.daemon.status()["protected_reasons"], PATIENCE, "no reason")
        self.assertIn("not the port of a bond", " ".join(reasons))

    @unittest.skip("not run to its end on a machine with time yet; `auto` does not take bonds")
    def test_removed_policy_leaves_no_trace(self) -> None:
        self.make_bond()
        before = self.host.ip("-d", "link", "show", "bond0")
        self.reach()
        self.start()
        streams = self.traffic()
        time.sleep(0.5)
        self.switch("B")
        self.daemon.write_policy("pairs: {}\n")
        self.daemon.control("reload")
        time.sleep(0.5)
        self.assert_clean(streams)
        self.assertEqual(self.active(), "B")
        for name in ("A", "B"):
            self.assertNotIn("clsact", self.host.run("tc", "qdisc", "show", "dev", name))
        self.assertEqual(self.host.shell("ls /sys/fs/bpf/primed").split(), [])
        self.assertEqual(before.replace("active_slave A", "active_slave B"), self.host.ip("-d", "link", "show", "bond0"))


class Killed(BondCase):
    def kill(self) -> None:
        self.host.shell("kill -9 $(systemctl show primed.service -p MainPID --value)")

    def wait_back(self) -> None:
        wait_until(lambda: self.host.call("primectl", "status", "lan").code == 0, PATIENCE, "not back")
        self.daemon.wait_ready(timeout=PATIENCE)

    @unittest.skip("not passed yet: a split was not found again; `auto` does not take bonds")
    def test_in_each_state(self) -> None:
        """Killed at rest, split, on the way and switched: nothing is lost, and the next one ends what it finds."""
        self.make_bond()
        self.reach()
        self.start()
        streams = self.traffic()
        time.sleep(0.5)
        self.kill()
        self.wait_back()
        self.daemon.control("split", "lan")
        self.kill()
        wait_until(lambda: self.host.call("primectl", "status", "lan").code == 0, PATIENCE, "not back")
        wait_until(lambda: self.daemon.status()["state"] == "split", PATIENCE, "no split any more")
        self.assertTrue(self.is_open())
        self.daemon.wait_entry("resumed")
        going = self.host.start("primectl", "switch", "lan", "B")
        self.kill()
        going.poll()
        wait_until(lambda: self.host.call("primectl", "status", "lan").code == 0, PATIENCE, "not back")
        wait_until(lambda: self.daemon.status()["state"] in ("split", "protected", "primed"), PATIENCE, "nowhere")
        if self.daemon.status()["state"] == "split":
            self.switch("B")
        self.wait_closed()
        self.daemon.wait_ready(timeout=PATIENCE)
        self.kill()
        self.wait_back()
        self.assertEqual(self.daemon.status()["serving"], self.active())
        self.assertFalse(self.is_open())
        self.assert_clean(streams)


if __name__ == "__main__":
    case.main()
