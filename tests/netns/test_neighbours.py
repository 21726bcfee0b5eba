#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Neighbours that no longer answer are evidence, also while probes pass; one that is gone is not."""

import socket
import sys
import threading
import time
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab import case, policy  # noqa: E402
from lab.case import LabCase  # noqa: E402

PEERS = [f"10.9.0.{number}" for number in (2, 3, 4, 5)]
# a kernel that doubts its neighbours soon, and gives them up within a second
QUICK = {
    "base_reachable_time_ms": 500,
    "delay_first_probe_time": 1,
    "retrans_time_ms": 100,
    "ucast_solicit": 2,
    "mcast_solicit": 2,
}


class Neighbours(LabCase):
    def setUp(self) -> None:
        self.start(pairs={"lan": policy.pair(probe={"beacon": True, "targets": []})})
        self.lab.host.sysctl(**{f"ipv4__neigh__A__{key}": value for key, value in QUICK.items()})
        for address in PEERS[1:]:
            self.lab.peer.ip("addr", "add", f"{address}/24", "dev", "P")
        self.talking = threading.Event()
        self.talking.set()
        self.talker = self.lab.host.thread(self.talk)
        self.talker.start()
        self.addCleanup(self.be_silent)
        time.sleep(3)  # every neighbour was asked for, and has answered

    def talk(self) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            while self.talking.is_set():
                for address in PEERS:
                    try:
                        sock.sendto(b"?", (address, 9))
                    except OSError:
                        pass  # the kernel says so of one that it has given up
                time.sleep(0.05)

    def be_silent(self) -> None:
        self.talking.clear()
        self.talker.join()

    def evidence(self) -> list[str]:
        return [one["signal"] for one in self.daemon.status()["adapters"][0]["evidence"]]

    def test_all_are_lost(self) -> None:
        self.assertNotIn("neighbour-failures", self.evidence())
        # none of them answers; beacons, which they have nothing to do with, pass
        self.lab.peer.ip("link", "set", "P", "arp", "off")
        self.daemon.wait_for(lambda _: "neighbour-failures" in self.evidence(), 20, "evidence of lost neighbours")
        self.assertIn("neighbour-failures", self.daemon.control("explain", "lan"))
        self.assertEqual(self.daemon.status()["serving"], "A")

    def test_one_is_gone(self) -> None:
        self.lab.peer.ip("addr", "del", f"{PEERS[3]}/24", "dev", "P")
        time.sleep(4)
        self.assertNotIn("neighbour-failures", self.evidence())


if __name__ == "__main__":
    case.main()
