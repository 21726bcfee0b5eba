# SPDX-License-Identifier: LGPL-2.1-or-later
"""The demo on a virtual machine: a real igb driver counts real receive errors, and is left before it is gone."""

import threading
import time
from typing import Any

from ..cage import ROOT
from ..scenario import Outcome, Predicted
from ..timeline import Mark
from ..traffic import Report
from . import service
from .host import MachineLab
from .machine import STARVED
from .service import Service

# frames too short that reach A, per second, one rate after the other: some, then so many that nobody would stay
RUNTS = ((1, 6.0), (20, 30.0))

STARVED_WORDS = "QEMU waited for a processor"


class Machine(Predicted):
    name = "vm"
    title = "A (igb) counts ever more broken frames: primed moves the traffic before it fails"
    handover = {"egress": "settled", "settle": "3s"}
    prime = "predicted"
    # what two emulated processors carry
    default_pps = 2000
    tcp_rate = 20_000
    poll_every = 1.0
    starved = ""

    def make_lab(self) -> MachineLab:
        self.screen.say("booting a virtual machine: emulated in software, that takes half a minute")
        return MachineLab("igb", "igb", patient=True)

    def make_pair(self) -> dict[str, Any]:
        return service.pair(handover=self.handover, prime=self.prime)

    def make_daemon(self, policy_text: str) -> Service:
        # A as somebody tuned it, B as it came out of the box
        self.lab.host.run("ethtool", "-G", "A", "tx", "1024")
        self.lab.host.ip("link", "set", "A", "txqueuelen", "2000")
        self.lab.wait_connected()
        return Service(self.lab.host, policy_text)

    def die(self) -> None:
        began, waited = time.monotonic(), self.lab.machine.waited()
        self._die()
        share = (self.lab.machine.waited() - waited) / (time.monotonic() - began)
        if share > STARVED:
            self.starved = f"{STARVED_WORDS} {share:.0%} of the time: frames may be late by that, and out of order"

    def _die(self) -> None:
        self.watch(2.0)
        self.errors_before = self.lab.counter("A", "rx_length_errors")
        for per_second, seconds in RUNTS:
            if self._ingress_left():
                break
            self._break_frames(per_second, seconds)
        self.errors = self.lab.counter("A", "rx_length_errors") - self.errors_before
        if not self.watch(20.0, self.served_by_b):
            self.screen.say("B does not serve yet, all the same:")
        self.watch(2.0)
        self.cut()
        self.watch(3.0)

    def _break_frames(self, per_second: int, seconds: float) -> None:
        at, stop = time.monotonic(), threading.Event()
        what = f"{per_second} broken frames/s"
        self.timeline.marks.append(Mark(at, "fault", what))
        self.screen.say(f"{at - self.timeline.start:8.2f} s  {what} reach A")
        sender = self.lab.adapters["A"].send_runts(per_second, stop)
        self.watch(seconds, self._ingress_left)
        stop.set()
        sender.join()

    def _ingress_left(self) -> bool:
        return self.status.get("ingress") == "B"

    def judge(self, outcome: Outcome, reports: list[Report]) -> None:
        super().judge(outcome, reports)
        counted = [(sample.at, sample.rx_errors["A"]) for sample in self.timeline.samples if "A" in sample.rx_errors]
        self.timeline.reading = "A's receive errors, as igb counts them"
        self.timeline.readings = [(at, float(errors - counted[0][1])) for at, errors in counted]
        if self.starved:
            outcome.notes.append(self.starved)
        outcome.notes.append(f"igb counted {self.errors} frames of wrong length (rx_length_errors)")
        if not self.errors:
            outcome.broken.append("the driver counted no errors")
        if outcome.lost_before_detection:
            outcome.broken.append(f"lost before detection: {outcome.lost_before_detection}")

    def close(self) -> None:
        (ROOT / "primed.log").write_text(self.daemon.log_text())
        (ROOT / "console.log").write_text(self.lab.machine.console_tail())
        super().close()
        self.lab.close()
