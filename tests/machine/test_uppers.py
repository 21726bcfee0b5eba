#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""VLAN devices on the primary, on a kernel that has them: what they send leaves by the spare while the primary, and
they with it, have no carrier."""

import sys
import time
from pathlib import Path
from typing import Any

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab.access import DOT1AD, DOT1Q, put_into_vlan  # noqa: E402
from lab.case import measured  # noqa: E402
from lab.daemon import ControlError  # noqa: E402
from lab.traffic import Stream, TcpStream, both_ways  # noqa: E402
from lab.vm import case  # noqa: E402
from lab.vm.case import MachineCase  # noqa: E402

# a VLAN, and one within another: the device that has the addresses, the end that is in it, its tags and its network
VLANS = {
    "vlan42": ("V", ((DOT1Q, 42),), 42),
    "inner7": ("W", ((DOT1Q, 7), (DOT1AD, 43)), 43),
}


class Vlans(MachineCase):
    # of eight streams each: what the emulated machine carries beside everything else
    RATE = 100

    def add_devices(self) -> None:
        self.host.ip("link", "add", "link", "A", "name", "vlan42", "type", "vlan", "id", "42")
        self.host.ip("link", "add", "link", "A", "name", "outer43", "type", "vlan", "proto", "802.1ad", "id", "43")
        self.host.ip("link", "add", "link", "outer43", "name", "inner7", "type", "vlan", "id", "7")
        self.host.ip("link", "set", "outer43", "up")

    def join_vlans(self) -> None:
        """An end of each VLAN is plugged into the switch, and the machine's devices find it."""
        for name in ("A", "B"):
            # the emulated machine may stand still for seconds: what comes meanwhile waits in the tap
            self.lab.switch.ip("link", "set", self.lab.adapters[name].port, "txqueuelen", "20000")
        for device, (end, tags, net) in VLANS.items():
            self.lab.plug(self.lab.peer, end, self.lab.switch)
            self.addCleanup(self.lab.peer.ip, "link", "del", end)
            put_into_vlan(self.lab.peer, end, *tags)
            # room for two tags on the way
            ends: list[tuple[Any, str, int]] = [(self.host, device, 1), (self.lab.peer, end, 2)]
            for namespace, name, number in ends:
                namespace.ip("link", "set", name, "mtu", "1400")
                namespace.ip("addr", "add", f"10.9.{net}.{number}/24", "dev", name)
                namespace.ip("addr", "add", f"fd00:9:{net}::{number}/64", "dev", name, "nodad")
            self.host.ip("link", "set", device, "up")
            self.lab.wait_reachable(self.lab.peer, f"10.9.{net}.1")
            self.lab.wait_reachable(self.lab.peer, f"fd00:9:{net}::1")

    def vlan_traffic(self) -> list[Stream]:
        streams = []
        for _, _, net in VLANS.values():
            for host, peer in ((f"10.9.{net}.1", f"10.9.{net}.2"), (f"fd00:9:{net}::1", f"fd00:9:{net}::2")):
                streams += both_ways(self.host, self.lab.peer, host, peer, self.RATE)
        return [stream.start() for stream in streams]

    def operstate(self, device: str) -> str:
        return self.host.read(f"/sys/class/net/{device}/operstate").strip()

    @measured
    def test_switch_cut_and_back(self) -> None:
        self.add_devices()
        self.join_vlans()
        self.start()
        streams = self.vlan_traffic()
        tcp = [
            TcpStream(self.host, self.lab.peer, "10.9.42.2", 200_000),
            TcpStream(self.lab.peer, self.host, "fd00:9:43::1", 200_000),
        ]
        time.sleep(1)
        self.daemon.control("split", "lan")
        time.sleep(1)
        self.daemon.control("switch", "lan")
        self.daemon.wait_serving("B")
        time.sleep(1)
        self.lab.adapters["A"].cut()
        time.sleep(4)
        for device in ("vlan42", "outer43", "inner7"):
            self.assertEqual(self.operstate(device), "lowerlayerdown", device)
        self.lab.adapters["A"].mend()
        self.lab.wait_carrier("A")
        self.daemon.wait_ready(timeout=60)
        self.daemon.control("revert", "lan")
        self.daemon.wait_serving("A")
        time.sleep(1)
        self.assert_clean(streams)
        for report in [stream.stop() for stream in tcp]:
            self.assertTrue(report.intact, report)

    def lack(self, vlan: int) -> None:
        """The switch's port of B is not in that VLAN; 0: it is in all."""
        self.lab.adapters["B"].wire.lack_vlan(vlan)

    def wait_reason(self, words: str) -> None:
        self.daemon.wait_for(lambda status: words in str(status["protected_reasons"]), 60, words)

    def test_vlan_that_one_port_lacks(self) -> None:
        self.add_devices()
        self.join_vlans()
        self.start()
        self.addCleanup(self.lack, 0)
        self.lack(42)
        self.wait_reason("frames of VLAN 42 do not pass")
        with self.assertRaises(ControlError) as caught:
            self.daemon.control("switch", "lan")
        self.assertIn("VLAN 42", caught.exception.text)
        self.lack(43)
        self.wait_reason("frames of VLAN 43 (802.1ad) do not pass")
        self.lack(0)
        self.daemon.wait_ready(timeout=60)
        self.daemon.control("switch", "lan")
        self.daemon.wait_serving("B")

    def look(self) -> str:
        """What there is of devices and of their filters."""
        return self.host.shell(
            "ip -br link show type vlan | cut -d' ' -f1\n"
            "for d in vlan42 outer43 inner7; do tc qdisc show dev $d; tc filter show dev $d egress; done"
        )

    def test_nothing_is_left(self) -> None:
        # igb always filters VLANs of 802.1Q, so the standby gets a device for that one
        self.add_devices()
        before = self.look()
        self.start()
        guarded = self.look()
        self.assertEqual(guarded.count("@B"), 1, guarded)
        self.assertEqual(guarded.count("name egress_upper "), 3, guarded)
        self.daemon.write_policy("version: 1\n")
        self.daemon.control("reload")
        self.assertEqual(self.look(), before)


if __name__ == "__main__":
    case.main()
