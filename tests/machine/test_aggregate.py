#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Traffic is taken off a port of an 802.3ad bond, and put back, by LACP: the kernel's own bonding driver at both ends,
every frame counted."""

import sys
import time
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab import policy  # noqa: E402
from lab.case import measured  # noqa: E402
from lab.daemon import ControlError, wait_until  # noqa: E402
from lab.vm import case  # noqa: E402
from lab.vm.aggregate import PATIENCE, PORTS, AggregateCase  # noqa: E402

# frames of LACP and the like in some seconds, and of traffic on a port that has its share
FEW, SOME = 30, 100
# seconds until a LACPDU was sent by each port where they are sent every thirty
SLOW = 32


class Aggregates(AggregateCase):
    def assert_carries(self, *ports: str) -> None:
        for port, (received, sent) in self.moved().items():
            if port in ports:
                self.assertGreater(min(received, sent), SOME, f"{port} has no share")
            else:
                self.assertLess(max(received, sent), FEW, f"{port} is not left")

    @measured
    def test_serving_is_left(self) -> None:
        self.make()
        self.start()
        status = self.daemon.status()
        self.assertEqual((status["steering"], status["serving"], status["balanced"]), ("aggregate", "C", True))
        self.assertIn("ingress and egress on C and D", self.host.run("primectl", "status", "lan"))
        streams = self.streams()
        self.assert_carries(*PORTS)
        self.order("switch")
        status = self.wait_balanced(False)
        self.assertEqual((status["serving"], status["ingress"], status["egress"]), ("D", "D", "D"))
        self.wait_carried("D")
        self.assert_carries("D")
        # the other way round: C must carry before D is left
        self.order("switch")
        self.assertEqual(self.wait_balanced(False)["serving"], "C")
        self.wait_carried("C")
        self.assert_carries("C")
        self.order("revert")
        self.wait_balanced(True)
        self.wait_carried(*PORTS)
        self.assert_carries(*PORTS)
        self.assert_clean(streams)

    @measured
    def test_spare_is_left(self) -> None:
        """Which is as bad for what it carries; and after it was good for some time it gets it back."""
        self.make()
        self.start(failback={"mode": "auto", "after": "5s"})
        streams = self.streams()
        time.sleep(1)
        self.daemon.control("inject", "D", "rx-crc-errors", "alarm", "--for=15s")
        entry = self.daemon.wait_entry("drained")
        self.assertRegex(entry["MESSAGE"], "traffic leaves D, C carries all of it: ")
        self.wait_carried("C")
        self.assert_carries("C")
        self.assertEqual(self.daemon.status()["serving"], "C")
        self.daemon.wait_entry("balanced", PATIENCE)
        self.wait_carried(*PORTS)
        self.assert_carries(*PORTS)
        self.assert_clean(streams)

    @measured
    def test_restarts(self) -> None:
        """Stopped, killed, started: traffic stays where it is, and the next one knows."""
        self.make()
        self.start()
        streams = self.streams()
        self.order("switch")
        self.wait_carried("D")
        self.daemon.systemctl("stop")
        self.assert_carries("D")
        self.daemon.systemctl("start")
        self.assertEqual(self.wait_balanced(False)["serving"], "D")
        self.host.run("systemctl", "kill", "--signal=KILL", "primed.service")
        self.assert_carries("D")
        self.daemon.systemctl("start")
        self.assertEqual(self.wait_balanced(False)["serving"], "D")
        self.assert_carries("D")
        # what it left would be in force for ever
        self.daemon.write_policy(policy.document())
        self.daemon.control("reload")
        self.assertTrue(
            [entry for entry in self.daemon.journal() if "does not carry traffic of bond0" in entry["MESSAGE"]]
        )
        self.assert_clean(streams)

    @measured
    def test_no_trace(self) -> None:
        self.make()
        before = self.host.ip("-d", "link", "show", "bond0")
        self.start()
        streams = self.streams()
        self.order("switch")
        self.wait_balanced(False)
        self.order("revert")
        self.wait_balanced(True)
        self.wait_carried(*PORTS)
        # as the qdiscs go the kernel stops the queues for a moment
        self.assert_clean(streams)
        self.daemon.write_policy(policy.document())
        self.daemon.control("reload")
        time.sleep(1)
        self.assertEqual(self.host.ip("-d", "link", "show", "bond0"), before)
        for port in PORTS:
            self.assertNotIn("clsact", self.host.run("tc", "qdisc", "show", "dev", port))
        self.assertEqual(self.host.run("ls", "/sys/fs/bpf/primed").split(), [])

    @measured
    def test_carrier(self) -> None:
        """Its bond would notice within 100 ms; and would take the port up again, as happens here."""
        self.make()
        self.start()
        streams = self.streams()
        time.sleep(1)
        self.partner.ip("link", "set", "pC", "down")
        self.daemon.wait_serving("D")
        self.assertFalse(self.daemon.status()["balanced"])
        time.sleep(1)
        self.partner.ip("link", "set", "pC", "up")
        self.wait_balanced(True)
        self.wait_carried(*PORTS)
        self.assertEqual(self.daemon.status()["serving"], "D")
        reports = [stream.stop() for stream in streams]
        self.assertEqual(sum(report.duplicated for report in reports), 0)
        outages = [report.outage_ms for stream, report in zip(streams, reports, strict=True) if stream.sender is self.host]
        self.assertLess(max(outages), 100, reports)

    @measured
    def test_slow_partner(self) -> None:
        """Where LACPDUs are sent twice a minute a move does not wait for the next one."""
        self.make(rate="slow")
        self.start()
        time.sleep(SLOW)
        streams = self.streams()
        began = time.monotonic()
        self.order("switch")
        self.assertLess(time.monotonic() - began, 5)
        self.wait_carried("D")
        self.order("revert")
        self.wait_balanced(True)
        self.wait_carried(*PORTS)
        self.assertLess(time.monotonic() - began, 20)
        self.assert_clean(streams)

    def test_unproved(self) -> None:
        """Only what LACP has agreed on is a spare."""
        self.make()
        self.partner.ip("link", "set", "pD", "nomaster")
        self.partner.ip("link", "set", "pD", "up")
        self.start(ready=False)
        reason = "D is not proved"
        wait_until(
            lambda: reason in " ".join(self.daemon.status()["protected_reasons"]), PATIENCE, "no word of the partner"
        )
        with self.assertRaisesRegex(ControlError, reason):
            self.daemon.control("switch", "lan")


if __name__ == "__main__":
    case.main()
