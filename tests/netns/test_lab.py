#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The measuring instruments measure: what is lost, doubled, late or wrong on purpose is counted as such."""

import math
import os
import sys
import time
import unittest
from pathlib import Path
from unittest import mock

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab import bench, case, cage, pauses  # noqa: E402
from lab.network import BROADCAST4, HOST4, HOST6, MAC, PEER4, PEER6, Lab  # noqa: E402
from lab.timeline import Sample, Sampler, measure_path, rates  # noqa: E402
from lab.traffic import Stream, TcpStream, both_ways  # noqa: E402

RATE = 20000


class Instruments(unittest.TestCase):
    def setUp(self) -> None:
        self.lab = Lab()
        self.addCleanup(cage.clean)
        self.addCleanup(self.lab.close)
        self.wire = self.lab.adapters["A"].wire

    def test_nothing_wrong_in_a_sound_network(self) -> None:
        for host, peer in ((HOST4, PEER4), (HOST6, PEER6)):
            streams = [stream.start() for stream in both_ways(self.lab.host, self.lab.peer, host, peer, RATE)]
            time.sleep(1.5)
            for stream in streams:
                report = stream.stop()
                self.assertTrue(report.clean, report)
                self.assertEqual(report.overflowed, 0, report)
                self.assertGreater(report.sent, RATE / 2)

    def test_every_lost_one_is_counted(self) -> None:
        stream = Stream(self.lab.peer, self.lab.host, HOST4, RATE).start()
        time.sleep(0.3)
        began = self.wire.lose(towards=0.1)
        time.sleep(0.7)
        self.wire.lose()
        ended = time.monotonic()
        time.sleep(0.3)
        report = stream.stop()
        self.assertEqual(report.lost, self.wire.numbered_lost())
        self.assertAlmostEqual(report.lost / RATE, 0.07, delta=0.05)
        self.assertEqual(report.lost_between(began - 0.01, ended), report.lost, "lost ones outside of the fault")

    def test_each_way_for_itself(self) -> None:
        streams = [stream.start() for stream in both_ways(self.lab.host, self.lab.peer, HOST4, PEER4, RATE)]
        time.sleep(0.2)
        self.wire.lose(back=1.0)
        time.sleep(0.2)
        self.wire.lose()
        time.sleep(0.2)
        ingress, egress = (stream.stop() for stream in streams)
        self.assertEqual(ingress.lost, 0, ingress)
        self.assertGreater(egress.lost, RATE / 20)
        self.assertEqual(egress.lost, self.wire.numbered_lost())
        self.assertAlmostEqual(egress.outage_ms, 200, delta=60)

    def test_doubled_ones_are_counted(self) -> None:
        # nobody silences B here, so that each broadcast arrives by A and by B
        stream = Stream(self.lab.peer, self.lab.host, BROADCAST4, 2000).start()
        time.sleep(0.5)
        report = stream.stop()
        self.assertEqual(report.lost, 0)
        self.assertEqual(report.duplicated, report.sent)

    def test_tagged_frames(self) -> None:
        send = ("--interface=P", "--vlan=42", f"--to-mac={MAC['A']}", f"--from-mac={MAC['P']}")
        stream = Stream(self.lab.peer, self.lab.host, rate=5000, tagged=True, send=send, receive=("--interface=A",))
        stream.start()
        time.sleep(0.5)
        self.wire.lose(towards=1.0)
        time.sleep(0.1)
        self.wire.lose()
        time.sleep(0.2)
        report = stream.stop()
        self.assertGreater(report.lost, 100)
        self.assertEqual((report.duplicated, report.reordered), (0, 0))
        self.assertAlmostEqual(report.outage_ms, 100, delta=60)

    def test_tcp_survives_loss_and_says_so(self) -> None:
        stream = TcpStream(self.lab.host, self.lab.peer, PEER4)
        time.sleep(0.3)
        self.wire.lose(back=0.2)
        time.sleep(0.7)
        self.wire.lose()
        time.sleep(0.5)
        report = stream.stop()
        self.assertTrue(report.intact, report)
        self.assertGreater(report.retransmits, 0)

    def test_cut_is_told_and_seen(self) -> None:
        listener = bench.CarrierListener(self.lab.host, "A")
        stream = Stream(self.lab.peer, self.lab.host, HOST4, RATE).start()
        time.sleep(1.2)
        moment = self.lab.adapters["A"].cut()
        time.sleep(0.3)
        report = stream.stop()
        self.assertIn("A", listener.told)
        self.assertLess(listener.told["A"] - moment, 0.2)
        self.assertGreater(report.outage_ms, 250)
        self.assertGreaterEqual(report.outage_at, moment - 0.001)

    def test_sampler_reads_the_rates(self) -> None:
        sampler = Sampler(self.lab.host)
        stream = Stream(self.lab.peer, self.lab.host, HOST4, RATE).start()
        time.sleep(0.8)
        sent = stream.stop().sent
        sampler.stop()
        first, last = sampler.samples[0], sampler.samples[-1]
        # a few frames of the network itself come on top
        self.assertAlmostEqual((last.rx["A"] - first.rx["A"]) / sent, 1.0, delta=0.01)
        # a busy machine sends slower than asked, but no window of it slower than the whole
        best = max(rate.rx["A"] for rate in rates(sampler.samples, 0.2))
        self.assertGreater(best, 0.9 * sent / (last.at - first.at))


class Measuring(unittest.TestCase):
    """measure_path on counters that are made up."""

    def samples(self, ingress: float, egress: float, end: float = 4.0, stray: float = 0.0) -> list[Sample]:
        """1000/s each way; ingress and egress move to B at those times; stray: share that A sends by B instead."""
        result, rx, tx, at = [], {"A": 0, "B": 0}, {"A": 0, "B": 0}, 0.0
        while at < end:
            result.append(Sample(at, dict(rx), dict(tx), [20 * len(result)] * 2))
            rx["B" if at >= ingress else "A"] += 20
            tx["B" if at >= egress else "A"] += round(20 * (1 - stray))
            tx["B"] += round(20 * stray)
            at += 0.02
        return result

    def test_split(self) -> None:
        path = measure_path(self.samples(1.0, 2.0), 1000)
        self.assertAlmostEqual(path.ingress_moved, 1.0, delta=0.05)
        self.assertAlmostEqual(path.egress_moved, 2.0, delta=0.05)
        self.assertAlmostEqual(path.split_seconds, 1.0, delta=0.1)
        self.assertTrue(path.egress_on_primary)

    def test_both_at_once_is_no_split(self) -> None:
        self.assertLess(measure_path(self.samples(1.0, 1.0), 1000).split_seconds, 0.05)

    def test_egress_partly_elsewhere_is_not_on_primary(self) -> None:
        self.assertFalse(measure_path(self.samples(1.0, 2.0, stray=0.25), 1000).egress_on_primary)

    def test_a_burst_is_no_move(self) -> None:
        """Probes that come at once while A, which has no processor, takes nothing."""
        samples = self.samples(1.0, 2.0)
        for index, sample in enumerate(samples[25:], 25):
            sample.rx["B"] += 60
            sample.rx["A"] -= 40 if index < 27 else 0
        path = measure_path(samples, 1000)
        self.assertAlmostEqual(path.ingress_moved, 1.0, delta=0.05)
        self.assertTrue(path.egress_on_primary)

    def test_nothing_moved(self) -> None:
        path = measure_path(self.samples(9.0, 9.0), 1000)
        self.assertEqual((path.ingress_moved, path.egress_moved, path.split_seconds), (None, None, 0.0))
        self.assertFalse(path.egress_on_primary)


class Excuses(unittest.TestCase):
    def outcome(self, failures: int, excuses: int) -> tuple[bool, int]:
        """Of a case that fails so many times, and has an excuse for so many: whether it passed, after how many runs."""
        excuse = iter(excuses * ["nothing ran"])
        fails = iter(failures * [True])
        runs = []

        class Starving(case.TimedCase):
            def starved(self, mark: float, error: Exception) -> str:
                return next(excuse, "")

            def test_it(self) -> None:
                runs.append(self)
                self.assertFalse(next(fails, False))

        result = unittest.TestResult()
        with mock.patch.object(case, "REST", 0.0):
            Starving("test_it").run(result)
        return result.wasSuccessful(), len(runs)

    def test_only_what_was_starved_is_repeated(self) -> None:
        self.assertEqual(self.outcome(failures=0, excuses=0), (True, 1))
        self.assertEqual(self.outcome(failures=1, excuses=0), (False, 1))
        self.assertEqual(self.outcome(failures=1, excuses=1), (True, 2))
        self.assertEqual(self.outcome(failures=2, excuses=1), (False, 2))
        self.assertEqual(self.outcome(failures=9, excuses=9), (False, case.MEASUREMENTS))

    def test_pauses_are_seen(self) -> None:
        """A processor is taken for 60 ms by a program that all others must wait for."""
        witness = pauses.Pauses()
        processor = max(os.sched_getaffinity(0))
        time.sleep(0.05)
        began = time.monotonic()
        if (hog := os.fork()) == 0:
            os.sched_setaffinity(0, {processor})
            os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
            end = time.monotonic() + 0.06
            while time.monotonic() < end:
                pass
            os._exit(0)
        os.waitpid(hog, 0)
        time.sleep(0.05)
        self.assertGreater(witness.longest(began, time.monotonic()), 0.04)
        self.assertEqual(witness.longest(time.monotonic(), math.inf), 0)


if __name__ == "__main__":
    case.main()
