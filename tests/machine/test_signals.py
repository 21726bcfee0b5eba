#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a driver tells of its device's health, from the kernel to the person who asks why: netdevsim's health reporters
and pause frames, which Linux 6.1 can be made to count, and what the tests' own driver counts per queue; and
what e1000e counts under names of its own."""

import json
import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab import policy  # noqa: E402
from lab.case import measured  # noqa: E402
from lab.daemon import wait_until  # noqa: E402
from lab.vm import case, service  # noqa: E402
from lab.vm.case import MachineCase  # noqa: E402

# two devices, since what both adapters show has a common cause
HEALTHY, SICK = 11, 12
DEBUG = "/sys/kernel/debug/netdevsim"
# seconds for a tick and an emulated processor; a reporter is only looked at every 10 s when it sends no notice
NOTICED_WITHIN = 6.0


class Watched(MachineCase):
    """A pair that is only looked at."""

    PATIENT = False

    def watch(self, primary: str, standby: str) -> None:
        pair = service.pair(primary=primary, standby=standby, mode="observe")
        self.start(policy.document(sim=pair), ready=False)

    def signals(self, adapter: str) -> dict[str, float]:
        (shown,) = (found for found in self.daemon.status("sim")["adapters"] if found["name"] == adapter)
        return {name: signal["value"] for name, signal in shown["signals"].items()}

    def evidence(self) -> list[dict]:
        return json.loads(self.daemon.control("explain", "sim"))["evidence"]


class Signals(Watched):
    def setUp(self) -> None:
        super().setUp()
        for number, name in ((SICK, "sick"), (HEALTHY, "well")):
            (found,) = self.host.new_netdevsim(number, ports=1)
            self.addCleanup(self.host.delete_netdevsim, number)
            self.host.shell(f"ip link set {found} down; ip link set {found} name {name}; ip link set {name} up")

    @measured
    def test_devlink_health(self) -> None:
        """An error that the driver reports primes, three of them move; what the spare's device reports is its own."""
        self.host.shell(f"echo before >{DEBUG}/netdevsim{SICK}/health/break_health")
        self.watch("sick", "well")
        wait_until(lambda: self.signals("sick").get("devlink-health") == 1, 60, "no reporter was read")
        self.assertEqual(self.signals("well")["devlink-health"], 0)
        self.assertEqual(self.evidence(), [], "what happened before is no news")
        for count, level in ((1, "warn"), (2, "warn"), (3, "alarm")):
            self.host.shell(f"sleep 1.2; echo test{count} >{DEBUG}/netdevsim{SICK}/health/break_health")
            wait_until(lambda: self.signals("sick")["devlink-health"] == 1 + count, NOTICED_WITHIN, "not noticed")
            (shown,) = self.evidence()
            self.assertEqual((shown["adapter"], shown["signal"], shown["level"], shown["vetoed"]),
                             ("sick", "devlink-health", level, False))  # fmt: skip
            self.assertRegex(shown["text"], rf"^devlink-health {count} errored seconds? within 10min")
        words = self.host.run("primectl", "explain", "sim")
        self.assertRegex(words, r"sick alarm: devlink-health 3 errored seconds within 10min \(limit 3\)")
        self.assertIn("devlink health", words)

    def test_pause_frames(self) -> None:
        """Asked for by ethtool where the driver counts them, which is told, and never held against the adapter."""
        # newer kernels begin with all of them counting
        for number, counts in ((SICK, 1), (HEALTHY, 0)):
            folder = f"{DEBUG}/netdevsim{number}/ports/0/ethtool/pause"
            self.host.shell(f"echo {counts} >{folder}/report_stats_rx; echo {counts} >{folder}/report_stats_tx")
        self.watch("sick", "well")
        wait_until(lambda: "rx-pause" in self.signals("sick"), 60, "pause frames were not read")
        kernel = json.loads(self.host.run("ethtool", "--json", "--include-statistics", "-a", "sick"))[0]["statistics"]
        told = self.signals("sick")
        self.assertEqual((told["rx-pause"], told["tx-pause"]), (kernel["rx_pause_frames"], kernel["tx_pause_frames"]))
        self.assertNotIn("rx-pause", self.signals("well"), "its driver counts none")
        self.assertEqual(self.evidence(), [])


class QueueStats(Watched):
    """Of the tests' own driver, since no emulated adapter counts more per queue than packets."""

    QUEUES = 4 + 1  # and what is left of others

    def test_queue_stats(self) -> None:
        """The sum of the queues is told, and followed; an adapter whose driver counts nothing has none."""
        if self.kernel_version() < (6, 17):
            self.skipTest("this kernel tells nothing of queues (Linux 6.10), and the driver nothing before 6.17")
        self.insert_flowsim("overruns=7", "checksums=3", "invalid=2")
        self.watch("flow0", "flow1")
        wait_until(lambda: "rx-overruns" in self.signals("flow0"), 60, "what queues count was not read")
        told = self.signals("flow0")
        self.assertEqual([told[name] for name in ("rx-overruns", "rx-checksum-errors", "tx-queue-errors")],
                         [self.QUEUES * (7 + 1), self.QUEUES * 3, self.QUEUES * 2])  # fmt: skip
        # more than 32 bits, and no more digits than are shown
        self.host.shell(f"echo {10**10 - 1} >/sys/module/flowsim/parameters/overruns")
        wait_until(lambda: self.signals("flow0")["rx-overruns"] == self.QUEUES * 10**10, 20, "not followed")
        self.assertNotIn("rx-overruns", self.signals("flow1"))
        self.assertEqual(self.evidence(), [])


class DriverStats(Watched):
    """What e1000e counts under names of its own, the errors of its memory, of which the emulated one has none."""

    ADAPTERS = ("e1000e", "igb")

    def test_driver_stats(self) -> None:
        self.watch("A", "B")
        wait_until(lambda: "memory-errors" in self.signals("A"), 60, "the driver's statistics were not read")
        counted = dict(line.split(":") for line in self.host.run("ethtool", "-S", "A").splitlines()[1:] if ":" in line)
        own = {name.strip(): int(value) for name, value in counted.items() if value.strip().isdigit()}
        told = self.signals("A")
        self.assertEqual(told["memory-errors"], own["uncorr_ecc_errors"])
        self.assertEqual(told["memory-corrected"], own["corr_ecc_errors"])
        self.assertNotIn("memory-errors", self.signals("B"))
        self.assertEqual(self.evidence(), [])


if __name__ == "__main__":
    case.main()
