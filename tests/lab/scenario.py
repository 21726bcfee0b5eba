# SPDX-License-Identifier: LGPL-2.1-or-later
"""The demo's scenarios: the same network, traffic and daemon, a different way for adapter A to die."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from . import policy, trace
from .cage import ROOT
from .daemon import Control, Daemon
from .network import HOST4, PEER4, Lab
from .screen import Screen, describe
from .timeline import Mark, Timeline, measure_path, rates
from .traffic import Report, TcpReport, TcpStream, both_ways

# what a single surprise may cost before we call the promise broken; the median goal is in tests/bench/cut
OUTAGE_MAX_MS = 100.0
# a share of the sampling period and of scheduling: what the counters cannot tell apart
SLACK = 0.06
# between two conversions of one moment from real time
CLOCK_SLACK = 0.002


@dataclass
class Outcome:
    """What a run showed; `broken` says in words which promises did not hold."""

    scenario: str
    sent: int = 0
    lost_before_detection: int = 0
    lost_by_move: int = 0
    lost_after: int = 0
    duplicated: int = 0
    reordered: int = 0
    split: bool = False
    egress_on_primary: bool = False
    times: dict[str, float] = field(default_factory=dict)
    outage_ms: float | None = None
    notes: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)

    def line(self) -> str:
        """The contract of design section 8."""
        words = [
            f"demo: scenario={self.scenario} sent={self.sent} lost_before_detection={self.lost_before_detection}",
            f"lost_by_move={self.lost_by_move} lost_after={self.lost_after} duplicated={self.duplicated}",
            f"reordered={self.reordered} split={_yes(self.split)}",
            f"egress_on_primary_in_split={_yes(self.egress_on_primary)}",
        ]
        words += [f"{name}_ms={value:.1f}" for name, value in self.times.items()]
        if self.outage_ms is not None:
            words.append(f"outage_ms={self.outage_ms:.2f}")
        return " ".join(words)


def softnet_drops() -> int:
    """Frames dropped by the per-CPU backlogs, through which everything between namespaces goes; machine-wide."""
    lines = Path("/proc/net/softnet_stat").read_text().splitlines()
    return sum(int(line.split()[1], 16) for line in lines)


def _yes(value: bool) -> str:
    return "yes" if value else "no"


class Scenario:
    """One run. Subclasses say how A dies and which promise that puts to the test."""

    name = ""
    title = ""
    handover: dict[str, Any] = {"egress": "settled", "settle": "1s"}
    signals: dict[str, Any] = {}
    prime = "always"
    default_pps = 20000
    tcp_rate = 2_000_000  # bytes per second
    poll_every = 0.2  # seconds between two looks at the status, unless an event calls for one

    def __init__(self, pps: int, screen: Screen) -> None:
        self.pps, self.screen = pps, screen
        self.lab = self.make_lab()
        self.status: dict[str, Any] = {}
        self._polled = 0.0
        self._events_seen = 0
        self._evidence_seen: set[tuple[str, str]] = set()
        self.fault_at: float | None = None
        self.replay = self._write_trace()
        self.daemon = self.make_daemon(policy.document(lan=self.make_pair()))
        self.streams = both_ways(self.lab.host, self.lab.peer, HOST4, PEER4, pps)

    def make_lab(self) -> Any:
        """The network; a Lab or what can do the same."""
        return Lab()

    def make_pair(self) -> dict[str, Any]:
        """The pair's policy."""
        health = {"sample": "100ms", **({"signals": self.signals} if self.signals else {})}
        return policy.pair(handover=self.handover, health=health, prime=self.prime)

    def make_daemon(self, policy_text: str) -> Control:
        return Daemon(self.lab.host, policy_text, self.replay)

    def _write_trace(self) -> Path | None:
        return None

    def die(self) -> None:
        """Lets A die, watched; returns when B has served for a while after A is gone."""
        raise NotImplementedError

    def judge(self, outcome: Outcome, reports: list[Report]) -> None:
        """Sorts the lost ones into before, by and after the move; adds what was promised and did not hold."""
        raise NotImplementedError

    def run(self) -> Outcome:
        # zero of the replayed trace, which counts from the daemon's start
        self.daemon_start = time.monotonic()
        self.daemon.start()
        self.timeline = Timeline(self.title, time.monotonic(), self.pps)
        self.screen.say("primed runs; waiting until the spare is proved and primed")
        self.poll(self.daemon.wait_ready())
        for stream in self.streams:
            stream.start()
        tcp = TcpStream(self.lab.host, self.lab.peer, PEER4, self.tcp_rate)
        self.timeline.start = time.monotonic()
        self.timeline.states = [(self.timeline.start, self.status["state"])]
        self.sampler = self.lab.sampler(self.streams)
        backlog_drops = softnet_drops()
        self.screen.say(f"traffic: UDP {self.pps}/s each way and one TCP stream; A serves, B stands by")
        self.die()
        self.timeline.end = time.monotonic()
        self.sampler.stop()
        tcp_report = tcp.stop()
        reports = [stream.stop() for stream in self.streams]
        outcome = self._conclude(reports, tcp_report)
        if drops := softnet_drops() - backlog_drops:
            outcome.notes.append(f"the machine's own receive queues dropped {drops} frames meanwhile (softnet_stat)")
        return outcome

    def watch(self, seconds: float, until: Callable[[], bool] | None = None) -> bool:
        """Lets time pass, with the view up to date; ends early when `until` holds, and says whether it did."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if until and until():
                return True
            if time.monotonic() - self._polled > self.poll_every or len(self.daemon.events) > self._events_seen:
                self.poll()
            self._draw()
            time.sleep(0.02)
        return bool(until and until())

    def served_by_b(self) -> bool:
        return self.status.get("serving") == "B"

    def poll(self, status: dict[str, Any] | None = None) -> None:
        self.status = status or self.daemon.status()
        self._polled = time.monotonic()
        for event in self.daemon.events[self._events_seen :]:
            self._events_seen += 1
            if event.kind == "state-changed":
                self._note_state(event.at, str(event.fields.get("PRIMED_STATE", "")))
        # what no event told; a status older than the last event is no news
        since = self.daemon.moment(self.status.get("state_since_us"))
        if not self.timeline.states or since > self.timeline.states[-1][0] + CLOCK_SLACK:
            self._note_state(since, str(self.status.get("state", "")))
        for evidence in self.status.get("evidence") or []:
            self._note_evidence(evidence)

    def _note_state(self, at: float, state: str) -> None:
        if self.timeline.note_state(at, state):
            self.screen.say(f"{at - self.timeline.start:8.2f} s  {state}")

    def _note_evidence(self, evidence: Any) -> None:
        if not isinstance(evidence, dict):
            return
        signal, level = str(evidence.get("signal", "")), str(evidence.get("level", ""))
        if level not in ("warn", "alarm") or (signal, level) in self._evidence_seen:
            return
        if evidence.get("adapter") != "A" or self.fault_at is not None:
            return  # that a dead adapter is dead is no news
        self._evidence_seen.add((signal, level))
        at = self.daemon.moment(evidence.get("since_us"))
        self.timeline.marks.append(Mark(at, level, f"{level}: {signal}"))
        self.screen.say(f"{at - self.timeline.start:8.2f} s  {level}: {describe(evidence)}")

    def _draw(self) -> None:
        samples = self.sampler.samples[-12:]
        found = rates(samples, 0.15)
        missing = sum(max(0, sent - received) for sent, received in (s.counts() for s in self.streams))
        now = time.monotonic() - self.timeline.start
        self.screen.show(now, self.status, found[-1] if found else None, self.pps, missing)

    def cut(self) -> None:
        self.fault_at = self.lab.adapters["A"].cut()
        self.timeline.marks.append(Mark(self.fault_at, "fault", "A's cable cut"))
        self.screen.say(f"{self.fault_at - self.timeline.start:8.2f} s  A's cable is cut")

    def _conclude(self, reports: list[Report], tcp: TcpReport) -> Outcome:
        outcome = Outcome(self.name)
        self.poll()
        self.path = measure_path(self.sampler.samples, self.pps)
        outcome.sent = sum(r.sent for r in reports)
        outcome.duplicated = sum(r.duplicated for r in reports)
        outcome.reordered = sum(r.reordered for r in reports)
        outcome.split = self.path.split_seconds > 0.1
        outcome.egress_on_primary = outcome.split and self.path.egress_on_primary
        last = self.status.get("last_switch") or {}
        for name in ("detect", "prime", "ingress", "egress"):
            outcome.times[name] = float(last.get(f"{name}_us") or 0) / 1000
        self._note_path()
        self.timeline.samples = self.sampler.samples
        self.timeline.lost_at = sorted(at for r in reports for at in r.lost_at)
        self.judge(outcome, reports)
        self._judge_always(outcome, reports, tcp)
        return outcome

    def _note_path(self) -> None:
        for at, what in ((self.path.ingress_moved, "ingress on B"), (self.path.egress_moved, "egress on B")):
            if at is not None:
                self.timeline.marks.append(Mark(at, "moved", what))

    def _judge_always(self, outcome: Outcome, reports: list[Report], tcp: TcpReport) -> None:
        outcome.notes.append(
            f"TCP: {tcp.received} of {tcp.sent} bytes, {tcp.corrupted} wrong, {tcp.retransmits} retransmits, "
            f"longest stall {tcp.max_stall_ms:.1f} ms"
        )
        expect = outcome.broken
        if not self.served_by_b():
            expect.append(f"B does not serve at the end, {self.status.get('serving')} does")
        if not tcp.intact:
            expect.append("the TCP stream did not arrive intact")
        for name in ("lost_by_move", "lost_after", "duplicated"):
            if getattr(outcome, name):
                expect.append(f"{name.replace('_', ' ')}: {getattr(outcome, name)}")
        for report, way in zip(reports, ("ingress", "egress"), strict=True):
            if report.overflowed:
                expect.append(f"measurement spoiled: {report.overflowed} dropped by the {way} receiver's own socket")

    def close(self) -> None:
        self.daemon.close()


class Predicted(Scenario):
    """A is to be left before it is gone: nothing may be lost by that, and there is a split to be seen."""

    def judge(self, outcome: Outcome, reports: list[Report]) -> None:
        moved = self.path.ingress_moved
        settled = (self.path.egress_moved or float("inf")) + SLACK
        swallowed = self.lab.adapters["A"].wire.numbered_lost()
        lost = [at for report in reports for at in report.lost_at]
        before = sum(at < (moved or float("inf")) for at in lost)
        outcome.lost_before_detection = min(before, swallowed)
        outcome.lost_after = sum(at >= settled for at in lost)
        outcome.lost_by_move = len(lost) - outcome.lost_before_detection - outcome.lost_after
        if self.fault_at and (self.path.egress_moved or float("inf")) > self.fault_at:
            outcome.broken.append("egress had not moved when A's cable was cut")
        if not outcome.split:
            outcome.broken.append("no split was seen in the counters")
        elif not outcome.egress_on_primary:
            outcome.broken.append("egress did not stay on A during the split")
        if outcome.reordered:
            outcome.broken.append(f"reordered: {outcome.reordered}")


class Optics(Predicted):
    name = "optics"
    title = "A's optical module fades: primed moves the traffic before it fails"
    signals = {"rx-power": {"warn": "-12dBm", "alarm": "-14dBm"}}
    prime = "predicted"  # so that the warning is seen to prime the spare

    def _write_trace(self) -> Path:
        path = ROOT / "optics.csv"
        trace.write_optics(path)
        return path

    def die(self) -> None:
        if not self.watch(25, self.served_by_b):
            self.screen.say("B does not serve yet, all the same:")
        self.watch(1.0)
        self.cut()
        self.watch(2.0)

    def judge(self, outcome: Outcome, reports: list[Report]) -> None:
        super().judge(outcome, reports)
        if outcome.lost_before_detection:
            outcome.broken.append(f"lost before detection: {outcome.lost_before_detection}")
        self.timeline.reading = "A's received optical power, dBm (replayed)"
        self.timeline.thresholds = {"warn": -12.0, "alarm": -14.0}
        for line in self.replay.read_text().splitlines():
            seconds, adapter, signal, value = line.split(",")
            at = self.daemon_start + float(seconds)
            if (adapter, signal) == ("A", "rx-power") and at <= (self.fault_at or self.timeline.end):
                self.timeline.readings.append((at, float(value)))


class Gray(Predicted):
    name = "gray"
    title = "Frames to A vanish while its link is up: primed notices and moves the traffic"
    handover = {"egress": "settled", "settle": "500ms"}

    def die(self) -> None:
        wire = self.lab.adapters["A"].wire
        self.watch(1.5)
        shares = [(self.timeline.start, 0.0)]
        for share, seconds in ((0.01, 5.0), (0.10, 2.5), (1.0, 3.0)):
            if share < 1.0 and self._ingress_left():
                continue
            at = wire.lose(towards=share)
            shares += [(at, shares[-1][1]), (at, share * 100)]
            self.timeline.marks.append(Mark(at, "fault", f"{share:.0%} lost"))
            self.screen.say(f"{at - self.timeline.start:8.2f} s  {share:.0%} of the frames to A vanish")
            self.watch(seconds, self.served_by_b if share == 1.0 else self._ingress_left)
        self.watch(5.0, self.served_by_b)
        self.watch(0.5)
        self.cut()
        self.watch(1.5)
        shares.append((time.monotonic(), shares[-1][1]))
        self.timeline.reading, self.timeline.readings = "share of the frames to A that vanish, %", shares

    def _ingress_left(self) -> bool:
        return self.status.get("ingress") == "B"

    def judge(self, outcome: Outcome, reports: list[Report]) -> None:
        super().judge(outcome, reports)
        if reports[1].lost:
            outcome.broken.append(f"{reports[1].lost} lost on the way out, which was sound")


class Cut(Scenario):
    name = "cut"
    title = "A's cable is cut without a warning: primed answers the kernel's notice"

    def die(self) -> None:
        self.watch(2.0)
        self.cut()
        self.watch(5.0, self.served_by_b)
        self.watch(2.0)

    def judge(self, outcome: Outcome, reports: list[Report]) -> None:
        assert self.fault_at
        moved = max(self.path.ingress_moved or float("inf"), self.path.egress_moved or float("inf"))
        lost = [at for report in reports for at in report.lost_at]
        # nothing can be known before the kernel tells: what is lost until then is before detection
        outcome.lost_before_detection = sum(self.fault_at <= at < moved + SLACK for at in lost)
        outcome.lost_after = len(lost) - outcome.lost_before_detection
        outcome.outage_ms = max(report.outage_ms for report in reports)
        ways = ", ".join(f"{r.outage_ms:.2f} ms {w}" for r, w in zip(reports, ("in", "out"), strict=True))
        outcome.notes.append(f"outage: {ways}")
        if outcome.outage_ms > OUTAGE_MAX_MS:
            outcome.broken.append(f"outage of {outcome.outage_ms:.1f} ms, more than {OUTAGE_MAX_MS:.0f} ms")


SCENARIOS: dict[str, type[Scenario]] = {kind.name: kind for kind in (Optics, Gray, Cut)}
