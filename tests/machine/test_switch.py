#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Moves of traffic on a real driver (igb), under traffic, on a kernel without TCX: filters are those of clsact."""

import sys
import time
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab.vm import case  # noqa: E402
from lab.vm.case import MachineCase  # noqa: E402


class Ordered(MachineCase):
    def test_split_switch_and_cut(self) -> None:
        self.start()
        streams = self.traffic()
        sampler = self.lab.sampler(streams)
        time.sleep(1)
        self.daemon.control("split", "lan")
        self.assertEqual(self.daemon.status()["state"], "split")
        time.sleep(2)
        self.daemon.control("switch", "lan")
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


if __name__ == "__main__":
    case.main()
