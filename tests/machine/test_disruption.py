#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What setting an item does to a real driver's link, beside what the disruption map says; that a full priming takes the
spare's link down once and the serving adapter's never; and that the spare follows within the promised time."""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab.case import measured  # noqa: E402
from lab.daemon import wait_until  # noqa: E402
from lab.vm import case  # noqa: E402
from lab.vm.case import MachineCase  # noqa: E402

# the longest that an emulated link takes to come back
RETRAIN = 6.0
FOLLOWED_WITHIN = 2.0


class Disruption(MachineCase):
    def downs(self, name: str) -> int:
        return self.lab.counter(name, "carrier_down_count")

    def settle(self, name: str) -> None:
        """Until the link is up and has been for a second."""
        deadline, up_since = time.monotonic() + 3 * RETRAIN, None
        while time.monotonic() < deadline:
            if self.host.read(f"/sys/class/net/{name}/carrier").strip() != "1":
                up_since = None
            else:
                up_since = up_since or time.monotonic()
                if time.monotonic() - up_since > 1:
                    return
            time.sleep(0.1)
        self.fail(f"{name} has no carrier")

    def said(self, setting: str) -> str:
        """What the map says of the step that is due. A was changed a moment ago, and may be down for that."""

        def found() -> str | None:
            nonlocal steps
            steps = json.loads(self.daemon.control("plan", "lan"))["steps"]
            return next((s["disruption"] for s in steps if s["due"] and s["setting"].startswith(setting)), None)

        steps: list[dict[str, Any]] = []
        try:
            return wait_until(found, RETRAIN, setting, 1.0)
        except TimeoutError:
            self.fail(f"no step of {setting}: {steps}")

    def measure(self, setting: str, change: tuple[str, ...]) -> None:
        """A is changed so that the plan says what setting that would do; then B is, by hand, and its link watched."""
        if self.host.call(*(word.format("A") for word in change)).code != 0:
            print(f"# {self.ADAPTERS[1]} {setting}: not offered", flush=True)
            return
        said = self.said(setting)
        before = self.downs("B")
        self.host.run(*(word.format("B") for word in change))
        time.sleep(0.5)
        self.settle("B")
        downs = self.downs("B") - before
        print(f"# {self.ADAPTERS[1]} {setting}: the map says {said}, the link went down {downs} times", flush=True)
        if said == "none":
            self.assertEqual(downs, 0, setting)
        elif said == "link":
            self.assertGreaterEqual(downs, 1, setting)

    def map(self, *changes: tuple[str, tuple[str, ...]]) -> None:
        # what takes A's link down would be a reason to prime B, with that setting
        self.start(mode="observe", ready=False)
        for setting, change in changes:
            with self.subTest(setting):
                self.measure(setting, change)


RINGS = ("rings", ("ethtool", "-G", "{}", "rx", "512", "tx", "512"))
MTU = ("mtu", ("ip", "link", "set", "{}", "mtu", "1400"))
COALESCE = ("coalesce", ("ethtool", "-C", "{}", "rx-usecs", "50"))
CHECKSUM = ("features rx-checksum", ("ethtool", "-K", "{}", "rx", "off"))
QUEUE_LENGTH = ("tx-queue-length", ("ip", "link", "set", "{}", "txqueuelen", "77"))
CHANNELS = ("channels", ("ethtool", "-L", "{}", "combined", "1"))


class OnIgb(Disruption):
    ADAPTERS = ("igb", "igb")

    def test_map(self) -> None:
        self.map(RINGS, CHANNELS, MTU, COALESCE, CHECKSUM, QUEUE_LENGTH,
                 ("features rx-all", ("ethtool", "-K", "{}", "rx-all", "on")))  # fmt: skip

    @measured
    def test_a_full_priming_takes_the_link_down_once(self) -> None:
        # before anybody guards: rings take A's link down, and that would move its traffic
        for _, change in (RINGS, CHANNELS, MTU, COALESCE, CHECKSUM, QUEUE_LENGTH):
            self.host.run(*(word.format("A") for word in change))
        self.settle("A")
        self.start(prime="predicted", ready=False)
        self.daemon.wait_state(("protected", "primed"), 60)
        summary = json.loads(self.daemon.control("plan", "lan"))["summary"]
        self.assertEqual(summary["disruption"], "link", summary)
        streams = self.traffic()
        time.sleep(1)
        before = self.downs("A"), self.downs("B")
        began = time.monotonic()
        self.daemon.control("prime", "lan", timeout=90)
        took = time.monotonic() - began
        time.sleep(0.5)
        self.settle("B")
        downs = self.downs("A") - before[0], self.downs("B") - before[1]
        print(f"# primed in {took:.1f} s, {summary}: A's link down {downs[0]} times, B's {downs[1]}", flush=True)
        for stream in streams:
            report = stream.stop()
            # not the order: with several queues a sender that changes the processor overtakes itself
            self.assertGreater(report.sent, stream.rate / 10, report)
            self.assertEqual((report.lost, report.duplicated), (0, 0), report)
        self.assertEqual(downs, (0, 1))
        self.assertFalse([step for step in json.loads(self.daemon.control("plan", "lan"))["steps"] if step["due"]])

    def test_follows(self) -> None:
        self.start()
        for what, change, read in (
            ("coalescing", ("ethtool", "-C", "A", "rx-usecs", "50"), lambda name: self.host.run("ethtool", "-c", name)),
            ("features", ("ethtool", "-K", "A", "tso", "off"), lambda name: self.host.run("ethtool", "-k", name)),
        ):
            with self.subTest(what):
                self.host.run(*change)
                took = self.followed(read)
                print(f"# {what}: followed within {took:.2f} s", flush=True)
                self.daemon.wait_state("primed", 60)

    def test_a_change_that_takes_the_link_down_is_followed_later(self) -> None:
        """A's new rings cost it its link, so that B carries the traffic and is not touched, until A serves again."""
        self.start()
        self.host.run("ethtool", "-G", "A", "rx", "512")
        self.daemon.wait_serving("B", 30)
        self.settle("A")
        self.daemon.wait_state(("protected", "primed"), 60)
        self.assertIn("512", self.host.run("ethtool", "-g", "A"))
        self.assertNotIn("512", self.host.run("ethtool", "-g", "B"))
        self.daemon.control("switch", "lan", "A", timeout=90)
        self.followed(lambda name: self.host.run("ethtool", "-g", name))

    def followed(self, read: Callable[[str], str]) -> float:
        began = time.monotonic()
        while self.of(read, "B") != self.of(read, "A"):
            self.assertLess(time.monotonic() - began, 10 * FOLLOWED_WITHIN)
            time.sleep(0.05)
        return time.monotonic() - began

    @staticmethod
    def of(read: Callable[[str], str], name: str) -> str:
        return read(name).partition("\n")[2]


class OnE1000e(Disruption):
    ADAPTERS = ("e1000e", "e1000e")

    def test_map(self) -> None:
        self.map(RINGS, MTU, COALESCE, CHECKSUM, QUEUE_LENGTH)


class OnVmxnet3(Disruption):
    ADAPTERS = ("vmxnet3", "vmxnet3")

    def test_map(self) -> None:
        self.map(RINGS, MTU, CHECKSUM, QUEUE_LENGTH)


class OnVirtio(Disruption):
    ADAPTERS = ("virtio", "virtio")
    PATIENT = False  # its rings have no room for that

    def test_map(self) -> None:
        self.map(RINGS, CHANNELS, MTU, CHECKSUM, QUEUE_LENGTH)


if __name__ == "__main__":
    case.main()
