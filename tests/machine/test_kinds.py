#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every kind of adapter that can be emulated: guarded, primed as far as its driver goes, and left without loss."""

import json
import sys
import time
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab import policy  # noqa: E402
from lab.case import measured  # noqa: E402
from lab.vm import case, service  # noqa: E402
from lab.vm.case import MachineCase  # noqa: E402


class Kinds(MachineCase):
    """Every kind serves once and stands by once."""

    PATIENT = False
    DRIVERS = {"virtio": "virtio_net"}

    def switch_there_and_back(self, a: str, b: str) -> None:
        for name, kind in (("A", a), ("B", b)):
            shown = self.host.run("ethtool", "-i", name)
            self.assertIn(f"driver: {self.DRIVERS.get(kind, kind)}\n", shown)
        self.lab.interrupt_at_once()
        self.start(handover={"egress": "settled", "settle": "500ms"})
        streams = self.traffic(rate=1000)
        time.sleep(1)
        for serving in ("B", "A"):
            self.order("switch")
            self.daemon.wait_serving(serving, timeout=30)
            time.sleep(1)
        self.assert_clean(streams)
        self.assertTrue(json.loads(self.daemon.control("plan", "lan")))


class E1000eAndVmxnet3(Kinds):
    ADAPTERS = ("e1000e", "vmxnet3")

    @measured
    def test_there_and_back(self) -> None:
        self.switch_there_and_back(*self.ADAPTERS)


class IgbAndE1000e(Kinds):
    ADAPTERS = ("igb", "e1000e")

    @measured
    def test_there_and_back(self) -> None:
        self.switch_there_and_back(*self.ADAPTERS)


class Virtio(Kinds):
    ADAPTERS = ("virtio", "virtio")

    def test_has_several_queues(self) -> None:
        self.assertRegex(self.host.run("ethtool", "-l", "A"), r"(?s)maximums:.*Combined:\s+4\n")

    @measured
    def test_there_and_back(self) -> None:
        self.switch_there_and_back(*self.ADAPTERS)


class Netdevsim(MachineCase):
    PATIENT = False

    def test_plan(self) -> None:
        """Not connected to anything, hence never proved; but its rings are read, and what priming would do is told."""
        first, second = self.host.new_netdevsim(1)
        self.addCleanup(self.host.delete_netdevsim, 1)
        for name in (first, second):
            self.host.ip("link", "set", name, "up")
        self.host.run("ethtool", "-G", first, "rx", "256", "tx", "128")
        self.start(policy.document(sim=service.pair(primary=first, standby=second)), ready=False)
        self.daemon.wait_state(("unprotected", "protected", "primed"), timeout=30, pair="sim")
        plan = self.daemon.control("plan", "sim")
        self.assertRegex(plan, "256")
        self.assertRegex(plan, "ring")


if __name__ == "__main__":
    case.main()
