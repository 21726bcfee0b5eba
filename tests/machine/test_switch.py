#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Moves of traffic on a real driver (igb), under traffic, on a kernel without TCX: filters are those of clsact."""

import sys
import threading
import time
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab.vm import case  # noqa: E402
from lab.vm.case import MachineCase  # noqa: E402


# what an emulated machine may take to run the daemon after QEMU has pulled the carrier
OUTAGE_MAX_MS = 1000.0


class Ordered(MachineCase):
    def test_split_switch_and_cut(self) -> None:
        self.start()
        streams = self.traffic()
        sampler = self.lab.sampler(streams)
        time.sleep(1)
        self.order("split")
        self.assertEqual(self.daemon.status()["state"], "split")
        time.sleep(2)
        self.order("switch")
        self.daemon.wait_serving("B")
        time.sleep(1)
        self.lab.adapters["A"].cut()
        time.sleep(2)
        path = self.measured_path(sampler)
        self.assert_clean(streams)
        self.assertGreater(path.split_seconds, 1.0)
        self.assertTrue(path.egress_on_primary, path)

    def test_filters_are_of_clsact(self) -> None:
        self.start()
        for name in ("A", "B"):
            self.assertIn("clsact", self.host.run("tc", "qdisc", "show", "dev", name))
            self.assertIn("bpf", self.host.run("tc", "filter", "show", "dev", name, "ingress"))


class Unforeseen(MachineCase):
    def test_cut(self) -> None:
        """Carrier lost without a warning: what the outage was is measured and told, and it ends by itself."""
        self.start()
        streams = self.traffic()
        time.sleep(2)
        moment = self.lab.adapters["A"].cut()
        self.daemon.wait_serving("B", timeout=30)
        time.sleep(2)
        reports = [stream.stop() for stream in streams]
        for way, report in zip(("in", "out"), reports, strict=True):
            print(f"# outage {way}: {report.outage_ms:.1f} ms, {report.lost} lost of {report.sent}")
            self.assertEqual((report.duplicated, report.reordered), (0, 0), report)
            self.assertGreaterEqual(report.outage_at or moment, moment - 0.1, "lost something before the cut")
            self.assertLess(report.outage_ms, OUTAGE_MAX_MS)
            self.assertEqual(report.lost_between(moment + OUTAGE_MAX_MS / 1000, moment + 100), 0)

    def test_unplugged_and_plugged_again(self) -> None:
        """What was moved to the spare stays there; plugged in again, the adapter is the spare, and can serve."""
        self.start()
        self.lab.adapters["A"].unplug()
        self.daemon.wait_state("absent", timeout=30)
        self.daemon.wait_entry("pair-absent")
        self.lab.adapters["A"].plug()
        self.lab.wait_device("A")
        self.lab.bring_up()
        self.daemon.wait_ready(timeout=60)
        self.assertEqual(self.daemon.status()["serving"], "B")
        streams = self.traffic()
        time.sleep(1)
        self.order("switch")
        self.daemon.wait_serving("A")
        time.sleep(1)
        self.assert_clean(streams)

    def test_spare_unplugged_and_plugged_again_under_traffic(self) -> None:
        self.start()
        streams = self.traffic()
        self.lab.adapters["B"].unplug()
        self.daemon.wait_state("absent", timeout=30)
        self.lab.adapters["B"].plug()
        self.lab.wait_device("B")
        self.host.ip("link", "set", "B", "addrgenmode", "none", "up")
        self.daemon.wait_ready(timeout=60)
        self.order("switch")
        self.daemon.wait_serving("B")
        self.assert_clean(streams)


class Predicted(MachineCase):
    def test_receive_errors(self) -> None:
        """Frames too short reach A, which igb counts: warned of, then moved ingress first, then egress; 0 lost."""
        self.start(handover={"egress": "settled", "settle": "2s"}, prime="predicted")
        streams = self.traffic()
        sampler = self.lab.sampler(streams)
        time.sleep(1)
        errors = self.lab.counter("A", "rx_length_errors")
        stop = threading.Event()
        sender = self.lab.adapters["A"].send_runts(10, stop)
        self.addCleanup(stop.set)
        self.daemon.wait_for(lambda status: status["ingress"] == "B", 60, "with ingress on B")
        stop.set()
        sender.join()
        self.assertGreater(self.lab.counter("A", "rx_length_errors"), errors)
        self.daemon.wait_serving("B", timeout=60)
        time.sleep(1)
        self.lab.adapters["A"].cut()
        time.sleep(2)
        path = self.measured_path(sampler)
        self.assert_clean(streams)
        self.assertGreater(path.split_seconds, 1.0)
        self.assertTrue(path.egress_on_primary, path)
        signals = {(entry.get("INTERFACE"), entry.get("PRIMED_SIGNAL")) for entry in self.daemon.journal()}
        self.assertIn(("A", "rx-length-errors"), signals)


if __name__ == "__main__":
    case.main()
