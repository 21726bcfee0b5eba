#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Moves of traffic on a real driver (igb), under traffic, on a kernel without TCX: filters are those of clsact."""

import json
import sys
import threading
import time
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab.case import measured  # noqa: E402
from lab.vm import case  # noqa: E402
from lab.vm.case import MachineCase  # noqa: E402


# what an emulated machine may take to run the daemon after QEMU has pulled the carrier
OUTAGE_MAX_MS = 1000.0


class Ordered(MachineCase):
    @measured
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
        """Where there are no TCX links."""
        if self.kernel_version() >= (6, 6):
            self.skipTest("this kernel has TCX links")
        self.start()
        for name in ("A", "B"):
            self.assertIn("clsact", self.host.run("tc", "qdisc", "show", "dev", name))
            self.assertIn("bpf", self.host.run("tc", "filter", "show", "dev", name, "ingress"))


class Unforeseen(MachineCase):
    @measured
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

    @measured
    def test_unplugged_and_plugged_again(self) -> None:
        """The addresses, and a VLAN, of an adapter that is gone are on the spare; they return when asked."""
        self.host.ip("link", "add", "link", "A", "name", "lan7", "type", "vlan", "id", "7")
        self.host.ip("addr", "add", "10.7.0.1/24", "dev", "lan7")
        self.host.ip("link", "set", "lan7", "up")
        self.start()
        time.sleep(3)  # until it is known what hangs on A
        self.lab.adapters["A"].unplug()
        self.wait_reason("A is gone; its addresses are on B")
        self.daemon.wait_entry("identity-moved")
        self.assertEqual(self.vlan(), ("B", "10.7.0.1"))
        self.assert_whole_for_a_second()
        self.lab.adapters["A"].plug()
        self.lab.wait_device("A")
        self.wait_reason("A is back")
        self.lab.wait_carrier("A")
        self.daemon.control("revert", "lan")
        self.daemon.wait_ready(timeout=60)
        self.assertEqual(self.daemon.status()["serving"], "A")
        self.assertEqual(self.vlan(), ("A", "10.7.0.1"))
        self.assert_whole_for_a_second()

    def wait_reason(self, text: str) -> None:
        self.daemon.wait_for(lambda s: text in " ".join(s["protected_reasons"]), 60, f"saying that {text}")

    def vlan(self) -> tuple[str, str]:
        """What it lies on, and its address."""
        link = json.loads(self.host.ip("-j", "addr", "show", "dev", "lan7"))[0]
        return link["link"], next(row["local"] for row in link["addr_info"] if row["family"] == "inet")

    def assert_whole_for_a_second(self) -> None:
        """Nothing lost. The addresses being elsewhere, traffic is the kernel's alone, whose sender may take another of
        the adapter's queues from one datagram to the next, and so overtake itself."""
        streams = self.traffic()
        time.sleep(1)
        for report in [stream.stop() for stream in streams]:
            self.assertGreater(report.sent, self.RATE / 10, report)
            self.assertEqual((report.lost, report.duplicated), (0, 0), report)

    @measured
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
    @measured
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
