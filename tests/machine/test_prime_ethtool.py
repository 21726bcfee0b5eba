#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Priming of what ethtool(8) sets, on real drivers, judged by what the distribution's ethtool says before and after."""

import re
import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab.vm import case  # noqa: E402
from lab.vm.case import MachineCase  # noqa: E402

# what ethtool shows, without what no two adapters share
VIEWS = (
    ("-g",),
    ("-l",),
    ("-c",),
    ("-k",),
    ("-x",),
    ("-u",),
    ("-u", "rx-flow-hash", "tcp4"),
    ("-u", "rx-flow-hash", "udp4"),
    ("--show-priv-flags",),
)


class Ethtool(MachineCase):
    def view(self, name: str) -> dict[str, str]:
        """Per command what it says of the adapter."""
        found = {}
        for words in VIEWS:
            done = self.host.call("ethtool", words[0], name, *words[1:])
            found[" ".join(words)] = re.sub(rf"\b{name}\b", "it", done.stdout + done.stderr)
        found["mtu"] = self.host.read(f"/sys/class/net/{name}/mtu")
        return found

    def assert_view(self, found: dict[str, str], wanted: dict[str, str]) -> None:
        for command, text in wanted.items():
            self.assertEqual(found[command], text, f"ethtool {command}")

    def ethtool(self, *words: str) -> None:
        self.host.run("ethtool", *words)

    def prime(self, *words: str) -> dict[str, dict[str, object]]:
        """The steps by their labels."""
        return {step["setting"]: step for step in self.daemon.control("prime", "lan", *words)["steps"]}


class Igb(Ethtool):
    def setUp(self) -> None:
        super().setUp()
        for words in (
            ("-L", "A", "combined", "2"),
            ("-G", "A", "rx", "512", "tx", "1024"),
            ("-C", "A", "rx-usecs", "57"),
            ("-K", "A", "gro", "off", "tso", "off", "ntuple", "on"),
            ("-X", "A", "weight", "1", "3"),
            ("-N", "A", "rx-flow-hash", "udp4", "sdfn"),
            ("-N", "A", "flow-type", "ether", "proto", "0x88f7", "action", "1", "loc", "3"),
            ("-N", "A", "flow-type", "ether", "proto", "0x8999", "action", "0", "loc", "7"),
            ("--set-priv-flags", "A", "legacy-rx", "on"),
        ):
            self.ethtool(*words)
        self.host.ip("link", "set", "A", "mtu", "1800")
        self.lab.wait_carrier("A")

    def test_everything_and_back(self) -> None:
        self.ethtool("-K", "B", "ntuple", "on")
        self.ethtool("-N", "B", "flow-type", "ether", "proto", "0x9000", "action", "0", "loc", "5")
        serving, spare = self.view("A"), self.view("B")
        self.assertNotEqual(serving, spare)
        downs = self.lab.counter("A", "carrier_down_count")
        self.start(prime="predicted")
        self.prime()
        self.assert_view(self.view("B"), serving)
        self.assert_view(self.view("A"), serving)
        self.assertEqual(self.lab.counter("A", "carrier_down_count"), downs)
        again = self.prime()
        self.assertEqual([s for s in again.values() if s["outcome"] == "done"], [])
        self.prime("--undo")
        self.assert_view(self.view("B"), spare)
        self.assert_view(self.view("A"), serving)

    def test_fewer_channels(self) -> None:
        """The spare's table and rules name queues that go."""
        self.ethtool("-X", "A", "default")
        self.ethtool("-L", "A", "combined", "1")
        self.lab.wait_carrier("A")
        self.host.ip("link", "set", "A", "mtu", "1500")
        self.ethtool("-N", "A", "delete", "3")
        self.ethtool("-K", "B", "ntuple", "on")
        self.ethtool("-X", "B", "weight", "1", "5")
        self.ethtool("-N", "B", "flow-type", "ether", "proto", "0x9000", "action", "1", "loc", "5")
        serving, spare = self.view("A"), self.view("B")
        self.start(prime="predicted")
        self.prime()
        self.assert_view(self.view("B"), serving)
        self.prime("--undo")
        self.assert_view(self.view("B"), spare)


if __name__ == "__main__":
    case.main()
