#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""kill -9 of primed in every state, under traffic: nothing is lost, and the next start goes on from what it finds."""

import json
import os
import random
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab import build, case  # noqa: E402
from lab.case import LabCase  # noqa: E402
from lab.daemon import ControlError  # noqa: E402

# All points take an hour; else some of the first are tried, others each time.
ALL = "PRIMED_ALL" in os.environ
POINTS, FIRST, LIMIT = 5, 100, 2000
# primings that are killed in the middle
TIMES = 4
RTMGRP_LINK = 1
REST = ("protected", "primed", "split")


class Kill(LabCase):
    def setUp(self) -> None:
        self.start()
        self.streams = self.traffic()
        time.sleep(0.3)

    def kill_and_start(self, pause: float = 0.5) -> None:
        self.daemon.kill()
        time.sleep(pause)
        self.daemon.start()

    def go_home(self) -> None:
        """Both ways on A again."""
        for _ in range(2):
            status = self.daemon.wait_state(REST)
            if (status["ingress"], status["egress"]) == ("A", "A"):
                return
            try:
                self.daemon.control("revert", "lan")
            except ControlError:
                pass  # what was under way has come to its end meanwhile
        self.daemon.wait_for(lambda s: (s["ingress"], s["egress"]) == ("A", "A"), 10, "back on A")

    def test_protected(self) -> None:
        self.kill_and_start()
        self.daemon.wait_ready()
        self.assert_path("A", "A")
        self.assert_clean(self.streams)

    def test_primed(self) -> None:
        self.daemon.control("prime", "lan")
        self.assertTrue(self.daemon.status()["primed"])
        self.kill_and_start()
        self.daemon.wait_ready()
        self.assert_path("A", "A")
        self.assert_clean(self.streams)

    def test_split(self) -> None:
        self.assertEqual(self.move("split")["state"], "split")
        self.kill_and_start()
        self.daemon.wait_state("split")
        self.assert_path("B", "A")
        self.move("revert")
        self.daemon.wait_ready()
        self.assert_path("A", "A")
        self.assert_clean(self.streams)

    def test_split_goes_on_when_serving_dies(self) -> None:
        self.move("split")
        self.kill_and_start()
        self.daemon.wait_state("split")
        reports = [stream.stop() for stream in self.streams]
        self.assertTrue(all(report.clean for report in reports), reports)
        time.sleep(1)  # beyond the hold-off
        self.lab.adapters["A"].cut()
        self.daemon.wait_serving("B")
        self.assert_path("B", "B")

    def test_switched(self) -> None:
        self.move("switch")
        self.daemon.wait_serving("B")
        self.kill_and_start()
        self.daemon.wait_ready()
        self.daemon.wait_serving("B")
        self.assert_path("B", "B")
        time.sleep(0.3)
        self.assert_clean(self.streams)

    def test_switched_and_the_other_is_dead(self) -> None:
        self.move("switch")
        self.daemon.wait_serving("B")
        self.lab.adapters["A"].cut()
        time.sleep(0.2)
        self.kill_and_start()
        self.daemon.wait_state("unprotected")
        self.assert_path("B", "B")
        self.assert_clean(self.streams)

    def ask(self, *verb: str) -> None:
        try:
            self.daemon.control(*verb)
        except ControlError:
            pass  # its daemon was killed: that is the point

    def killed_at(self, n: int, *verb: str) -> str | None:
        """Asks, and kills instead of the nth system call that may change anything. Which that was; None: there are
        not so many."""
        with subprocess.Popen(
            [build.tool("kill-at"), str(self.daemon.process.pid), str(n)], stdout=subprocess.PIPE, text=True
        ) as watcher:
            self.assertEqual(watcher.stdout.readline(), "watching\n")
            watcher.send_signal(signal.SIGUSR1)
            asked = threading.Thread(target=self.ask, args=verb)
            asked.start()
            while asked.is_alive() and watcher.poll() is None:
                time.sleep(0.005)
            watcher.terminate()
            count, what = watcher.stdout.readline().split(maxsplit=1)
            asked.join()
        if what.strip() in ("ended", "gone"):
            return None
        self.assertEqual(self.daemon.process.wait(10), -signal.SIGKILL)
        return f"{count} {what.strip()}"

    def sweep(self, begin: Callable[[], None], *verb: str) -> None:
        """Kills at every system call of what is asked for; each time the next start must come to rest."""
        points = 0
        for n in range(1, LIMIT) if ALL else sorted(random.sample(range(1, FIRST), POINTS)):
            begin()
            what = self.killed_at(n, *verb)
            if what is None:  # it was done before
                break
            points += 1
            with self.subTest(killed_at=what):
                self.daemon.start()
                status = self.daemon.wait_state(REST)
                self.assertIn((status["ingress"], status["egress"]), (("A", "A"), ("B", "A"), ("B", "B"), ("A", "B")))
            if points % 20 == 0:
                self.assert_clean(self.streams)
                self.streams = self.traffic()
        self.assertGreaterEqual(points, 2, "hardly any point was met")
        self.go_home()
        self.assert_clean(self.streams)

    def on_b(self) -> None:
        if self.daemon.wait_state(REST)["serving"] != "B":
            self.move("switch")
        self.daemon.wait_serving("B")

    def test_priming(self) -> None:
        self.sweep(self.unprimed, "prime", "lan")

    def offload(self, name: str) -> str:
        lines = self.lab.host.run("ethtool", "-k", name).splitlines()
        return next(line.split()[1] for line in lines if line.startswith("tcp-segmentation-offload:"))

    def former(self) -> tuple[int, str]:
        """What of the spare's configuration priming will change."""
        link = json.loads(self.lab.host.ip("-json", "link", "show", "B"))[0]
        return link["txqlen"], self.offload("B")

    def killed_at_first_change(self, *verb: str) -> None:
        """Asks, and kills as soon as the kernel says that something of B has changed."""
        index = json.loads(self.lab.host.ip("-json", "link", "show", "B"))[0]["ifindex"]
        listening = threading.Event()

        def watch() -> None:
            with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as notices:
                notices.bind((0, RTMGRP_LINK))
                notices.settimeout(10)
                listening.set()
                # struct nlmsghdr, then struct ifinfomsg
                while index != struct.unpack_from("=i", notices.recv(65536), 16 + 4)[0]:
                    pass
                self.daemon.process.kill()

        watcher = self.lab.host.thread(watch)
        watcher.start()
        listening.wait()
        self.ask(*verb)
        watcher.join()
        self.assertEqual(self.daemon.process.wait(10), -signal.SIGKILL)

    def test_former_configuration(self) -> None:
        """Killed in the middle of a priming, the daemon still knows what the spare had before it."""
        host = self.lab.host
        host.run("ethtool", "-K", "A", "tso", "off")
        self.daemon.control("prime", "lan")
        for again in range(TIMES):
            self.daemon.control("revert", "lan", "--prime")
            host.ip("link", "set", "B", "txqueuelen", str(random.randint(2, 900)))
            host.run("ethtool", "-K", "B", "tso", "on")
            time.sleep(0.5)  # what was set is announced, and left alone
            former = self.former()
            self.killed_at_first_change("prime", "lan")
            left = self.former()
            self.assertNotEqual(left, former)
            self.daemon.start()
            self.daemon.wait_state(REST)
            if again % 2:
                self.daemon.control("prime", "lan")
            self.daemon.control("revert", "lan", "--prime")
            self.assertEqual(self.former(), former, f"it was left with {left}")
            self.daemon.control("prime", "lan")
        self.assertIn("being changed when primed was stopped", self.daemon.log_text(), "each was killed too late")
        self.assert_clean(self.streams)

    def test_former_configuration_is_wanted(self) -> None:
        """Killed in the middle of going back to it, the daemon does not prime it away again, and says so."""
        host = self.lab.host
        host.ip("link", "set", "B", "txqueuelen", "77")
        host.run("ethtool", "-K", "B", "tso", "on")
        host.run("ethtool", "-K", "A", "tso", "off")
        former = self.former()
        self.daemon.control("prime", "lan")
        primed = self.former()
        self.assertNotEqual(primed, former)
        self.killed_at_first_change("revert", "lan", "--prime")
        self.daemon.start()
        self.daemon.wait_state(REST)
        self.assertIn("primed was stopped in the middle: the return of B", self.daemon.log_text(), "killed too late")
        self.assertIn("not complete", self.daemon.status()["prime_hold_reason"])
        self.assertFalse(self.daemon.status()["primed"])
        self.daemon.control("revert", "lan", "--prime")
        self.assertEqual(self.former(), former)
        self.assert_clean(self.streams)

    def test_splitting(self) -> None:
        self.sweep(self.go_home, "split", "lan")

    def test_switching(self) -> None:
        self.sweep(self.go_home, "switch", "lan")

    def test_return(self) -> None:
        self.sweep(self.on_b, "revert", "lan")

    def unprimed(self) -> None:
        self.go_home()
        self.lab.host.ip("link", "set", "B", "txqueuelen", str(random.randint(2, 900)))


if __name__ == "__main__":
    case.main()
