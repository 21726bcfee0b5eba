#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The spare follows the serving adapter, what people do to the spare is set right, and what they ask for is kept: with
real adapters, the distribution's own ethtool and ip, and the real daemon."""

import contextlib
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab import case, policy  # noqa: E402
from lab.case import LabCase  # noqa: E402
from lab.cage import ROOT  # noqa: E402
from lab.daemon import ControlError  # noqa: E402

FOLLOWED_WITHIN = 2.0  # seconds; the promise
REFUSED = 4


class Priming(LabCase):
    def setting(self, name: str, option: str, label: str) -> str:
        """What ethtool says now: the last line that begins so."""
        lines = self.lab.host.run("ethtool", option, name).splitlines()
        return [line.partition(":")[2].split()[0] for line in lines if line.strip().startswith(label + ":")][-1]

    def link(self, name: str) -> dict:
        return json.loads(self.lab.host.ip("-json", "-details", "link", "show", name))[0]

    def followed(self, what: str, read: Callable[[str], object], wanted: object) -> float:
        """B has what A has, soon; returns how soon."""
        began = time.monotonic()
        while read("B") != wanted:
            waited = time.monotonic() - began
            self.assertLess(waited, FOLLOWED_WITHIN, f"{what}: B has {read('B')!r}, A {read('A')!r}")
            time.sleep(0.02)
        self.assertEqual(read("A"), wanted)
        return time.monotonic() - began

    def events(self, kind: str) -> list[str]:
        return [event.text for event in self.daemon.events if event.kind == kind]

    def wait_events(self, kind: str, n: int, timeout: float = 20) -> list[str]:
        deadline = time.monotonic() + timeout
        while len(self.events(kind)) < n and time.monotonic() < deadline:
            time.sleep(0.05)
        self.assertEqual(len(self.events(kind)), n, [(event.kind, event.text) for event in self.daemon.events])
        return self.events(kind)

    def test_follows(self) -> None:
        self.start()
        host, streams = self.lab.host, self.traffic(2000)
        changes = (
            ("features", lambda: host.run("ethtool", "-K", "A", "tso", "off"),
             lambda name: self.setting(name, "-k", "tcp-segmentation-offload"), "off"),
            ("features back", lambda: host.run("ethtool", "-K", "A", "tso", "on"),
             lambda name: self.setting(name, "-k", "tcp-segmentation-offload"), "on"),
            ("queue length", lambda: host.ip("link", "set", "A", "txqueuelen", "321"),
             lambda name: self.link(name)["txqlen"], 321),
            ("mtu", lambda: host.ip("link", "set", "A", "mtu", "1400"), lambda name: self.link(name)["mtu"], 1400),
            ("mtu back", lambda: host.ip("link", "set", "A", "mtu", "1500"), lambda name: self.link(name)["mtu"], 1500),
        )  # fmt: skip
        for what, change, read, wanted in changes:
            with self.subTest(what):
                change()
                took = self.followed(what, read, wanted)
                print(f"# {what}: followed within {took * 1000:.0f} ms", flush=True)
                self.daemon.wait_state("primed")
        told = self.wait_events("spare-followed", len(changes))
        self.assertIn("features tx-tcp-segmentation on -> off", told[0])
        self.assertIn("B followed A: mtu 1400 -> 1500", told[4])
        self.assertEqual(self.events("drift-repaired"), [])
        self.assert_clean(streams)

    def test_channels_are_not_undone(self) -> None:
        # of a veth, setting them takes the carrier away: traffic moves, and what was set is kept until A serves again
        self.start()
        self.lab.host.run("ethtool", "-L", "A", "rx", "1", "tx", "1")
        time.sleep(3)
        self.assertEqual(self.setting("A", "-l", "RX"), "1")
        if self.daemon.status()["serving"] == "B":
            self.assertIn("changed while it served", self.daemon.status()["prime_hold_reason"])
            self.daemon.wait_state(("protected", "primed"))
            self.daemon.control("switch", "lan", "A")
        self.daemon.wait_serving("A")
        deadline = time.monotonic() + 15
        while self.setting("B", "-l", "RX") != "1" and time.monotonic() < deadline:
            time.sleep(0.1)
        self.assertEqual((self.setting("A", "-l", "RX"), self.setting("B", "-l", "RX")), ("1", "1"))

    def test_many_changes_at_once_are_one_priming(self) -> None:
        self.start()
        for option in ("tso", "gso", "gro", "sg"):
            self.lab.host.run("ethtool", "-K", "A", option, "off")
        self.lab.host.ip("link", "set", "A", "txqueuelen", "222")
        self.followed("sg", lambda name: self.setting(name, "-k", "scatter-gather"), "off")
        time.sleep(1.5)
        self.assertLessEqual(len(self.events("spare-followed")), 2, self.events("spare-followed"))
        self.assertEqual(self.daemon.status()["state"], "primed")

    def test_drift_is_repaired(self) -> None:
        self.start()
        host, usual = self.lab.host, self.link("A")["txqlen"]
        host.ip("link", "set", "B", "txqueuelen", "77")
        self.followed("queue length", lambda name: self.link(name)["txqlen"], usual)
        host.run("ethtool", "-K", "B", "tso", "off")
        self.followed("tso", lambda name: self.setting(name, "-k", "tcp-segmentation-offload"), "on")
        told = self.wait_events("drift-repaired", 2)
        self.assertIn(f"B was changed by something else: tx-queue-length txqueuelen 77 -> {usual}", told[0])
        self.assertIn("features tx-tcp-segmentation off -> on", told[1])
        self.assertEqual(self.events("spare-followed"), [])

    def test_a_fight_ends(self) -> None:
        self.start()
        host, usual = self.lab.host, self.link("A")["txqlen"]
        for n in range(3):
            host.ip("link", "set", "B", "txqueuelen", "77")
            self.followed("queue length", lambda name: self.link(name)["txqlen"], usual)
            self.wait_events("drift-repaired", n + 1)
        self.assertIn(f"tx-queue-length txqueuelen {usual} -> 77", self.wait_events("contention", 1)[0])
        host.ip("link", "set", "B", "txqueuelen", "77")
        time.sleep(2)
        self.assertEqual(self.link("B")["txqlen"], 77, "left alone")
        self.assertEqual(self.daemon.status()["state"], "primed")
        # other settings are still followed, and asking takes this one up again
        host.ip("link", "set", "A", "mtu", "1450")
        self.followed("mtu", lambda name: self.link(name)["mtu"], 1450)
        self.assertIn("left alone", self.daemon.control("diff", "lan"))
        self.daemon.control("prime", "lan")
        self.assertEqual(self.link("B")["txqlen"], usual)

    def test_rest_is_rest(self) -> None:
        """Nothing changes: nothing is primed, and what we set ourselves does not set us off again."""
        self.start()
        self.lab.host.ip("link", "set", "A", "txqueuelen", "555")
        self.followed("queue length", lambda name: self.link(name)["txqlen"], 555)
        self.wait_events("spare-followed", 1)
        self.daemon.wait_state("primed")
        time.sleep(1.0)
        before = len(self.events("state-changed"))
        time.sleep(3)
        self.assertEqual(len(self.events("state-changed")), before, "it flaps")
        self.assertEqual(len(self.events("spare-followed")), 1)

    def test_predicted_waits(self) -> None:
        self.start({"lan": policy.pair(prime="predicted")})
        self.lab.host.ip("link", "set", "A", "txqueuelen", "555")
        time.sleep(1.5)
        self.assertNotEqual(self.link("B")["txqlen"], 555)
        self.daemon.control("inject", "A", "rx-power", "warn", "--for=30s")
        self.followed("queue length", lambda name: self.link(name)["txqlen"], 555)

    def test_worker_killed(self) -> None:
        """As by the kernel for want of memory: it is told, and the next priming works."""
        self.start()
        self.daemon.wait_state("primed")
        children = Path(f"/proc/{self.daemon.process.pid}/task/{self.daemon.process.pid}/children")
        stop = threading.Event()

        def kill() -> None:
            while not stop.is_set():
                for child in children.read_text().split():
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(int(child), signal.SIGKILL)
                time.sleep(0.001)

        killer = threading.Thread(target=kill)
        killer.start()
        try:
            with self.assertRaises(ControlError) as raised:
                self.daemon.control("prime", "lan")
        finally:
            stop.set()
            killer.join()
        self.assertIn("died of signal 9", str(raised.exception))
        self.daemon.control("prime", "lan")
        self.assertIsNone(self.daemon.ended())

    def test_revert_prime(self) -> None:
        self.start(ready=False)
        host, usual = self.lab.host, 1000  # a veth's; the first priming changes it
        host.ip("link", "set", "A", "txqueuelen", "555")
        self.daemon.wait_ready()
        self.followed("queue length", lambda name: self.link(name)["txqlen"], 555)
        host.ip("link", "set", "A", "txqueuelen", "556")
        self.followed("queue length", lambda name: self.link(name)["txqlen"], 556)
        # a kill in the middle of it, or a restart does not forget what the spare had at first
        self.daemon.kill()
        self.daemon.start()
        self.daemon.wait_ready()
        self.daemon.control("revert", "lan", "--prime")
        self.assertEqual(self.link("B")["txqlen"], usual)
        self.assertEqual(self.link("A")["txqlen"], 556)
        time.sleep(2)
        self.assertEqual(self.link("B")["txqlen"], usual, "primed again at once")
        status = self.daemon.status()
        self.assertEqual((status["state"], status["primed"]), ("protected", False))
        self.assertIn("B has its former configuration again", status["prime_hold_reason"])
        self.refused("has not been primed", "revert", "lan", "--prime")
        # nor does a restart forget that; evidence ends it
        self.daemon.kill()
        self.daemon.start()
        self.daemon.wait_state("protected")
        time.sleep(1)
        self.assertEqual(self.link("B")["txqlen"], usual)
        self.daemon.control("inject", "A", "rx-power", "warn", "--for=30s")
        self.followed("queue length", lambda name: self.link(name)["txqlen"], 556)
        self.assertIsNone(self.daemon.wait_state("primed")["prime_hold_reason"])

    def refused(self, words: str, *command: str) -> None:
        with self.assertRaises(ControlError) as caught:
            self.daemon.control(*command)
        self.assertEqual(caught.exception.code, REFUSED, str(caught.exception))
        self.assertIn(words, caught.exception.text)

    def test_what_cannot_be_kept_is_not_changed(self) -> None:
        """No plan can be written: the spare stays as it is, that is told once, and traffic moves all the same."""
        self.start()
        host, obstacle = self.lab.host, ROOT / "state" / "lan.plan.new"
        obstacle.mkdir()
        former = self.link("B")["txqlen"]
        host.ip("link", "set", "A", "txqueuelen", "77")
        (text,) = self.wait_events("prime-failed", 1)
        self.assertIn(f"cannot write {obstacle}: Is a directory", text)
        self.assertIn("nothing was changed", text)
        with self.assertRaises(ControlError) as refusal:
            self.daemon.control("prime", "lan")
        self.assertIn("Is a directory", str(refusal.exception))
        self.assertEqual(self.link("B")["txqlen"], former)
        self.assertEqual(len(self.events("prime-failed")), 1)
        self.assertFalse(self.daemon.status()["primed"])
        self.assertTrue(any("Is a directory" in reason for reason in self.daemon.status()["protected_reasons"]))
        obstacle.rmdir()
        self.daemon.control("prime", "lan")
        self.assertEqual(self.link("B")["txqlen"], 77)
        obstacle.mkdir()
        host.ip("link", "set", "A", "txqueuelen", "78")
        with self.assertRaises(ControlError):
            self.daemon.control("prime", "lan")
        self.lab.adapters["A"].cut()
        self.daemon.wait_serving("B", 2)

    def test_snapshot_and_restore(self) -> None:
        self.start()
        host, file = self.lab.host, ROOT / "b.json"
        self.daemon.control("snapshot", "B", str(file))
        kept = self.view("B")
        host.run("ethtool", "-K", "A", "tso", "off", "gro", "on")
        host.ip("link", "set", "A", "txqueuelen", "555")
        host.ip("link", "set", "A", "mtu", "1450")
        self.followed("mtu", lambda name: self.link(name)["mtu"], 1450)
        self.daemon.wait_state("primed")
        self.assertNotEqual(self.view("B"), kept)
        planned = json.loads(self.daemon.control("restore", str(file), "--dry-run"))["steps"]
        self.assertGreaterEqual(sum(step["due"] for step in planned), 3)
        self.assertNotEqual(self.view("B"), kept)
        self.daemon.control("restore", str(file))
        self.assertEqual(self.view("B"), kept)
        time.sleep(1.5)
        self.assertEqual(self.view("B"), kept, "primed again at once")
        self.refused("A carries traffic", "restore", str(file), "A")
        self.daemon.control("prime", "lan")
        self.assertEqual(self.link("B")["mtu"], 1450)

    def view(self, name: str) -> str:
        """All that ethtool and ip say of the settings."""
        run = self.lab.host.run
        text = run("ethtool", "-k", name) + run("ethtool", "-l", name)
        link = self.link(name)
        return text + "".join(f"{key} {link.get(key)}\n" for key in ("mtu", "txqlen", "gso_max_size", "gro_max_size"))

    def test_nothing_is_set_on_what_carries_traffic(self) -> None:
        self.start()
        file = ROOT / "b.json"
        self.daemon.control("snapshot", "B", str(file))
        self.move("split")
        mtu = self.link("B")["mtu"]
        self.lab.host.ip("link", "set", "A", "mtu", "1450")
        for command in (("prime", "lan"), ("revert", "lan", "--prime"), ("restore", str(file))):
            with self.subTest(command=command):
                self.refused("" if command[0] == "prime" else "the pair is split", *command)
        time.sleep(1.5)
        self.assertEqual(self.link("B")["mtu"], mtu)
        self.daemon.control("plan", "lan")
        self.move("revert")
        self.followed("mtu", lambda name: self.link(name)["mtu"], 1450)


if __name__ == "__main__":
    case.main()
