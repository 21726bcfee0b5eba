# SPDX-License-Identifier: LGPL-2.1-or-later
"""What happened when: packet counters of the host's adapters every 20 ms, the daemon's states, and marks."""

import threading
import time
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field

from .namespaces import Namespace
from .traffic import Stream

ADAPTERS = ("A", "B")
STEP = 0.02


@dataclass
class Sample:
    at: float
    rx: dict[str, int]
    tx: dict[str, int]
    # datagrams that the traffic had sent by then: [towards the host, by the host]
    sent: list[int] = field(default_factory=lambda: [0, 0])
    rx_errors: dict[str, int] = field(default_factory=dict)


@dataclass
class Rate:
    """Packets per second between two samples; `at` is the later one's time, `middle` halfway between them."""

    at: float
    middle: float
    rx: dict[str, float]
    tx: dict[str, float]


@dataclass
class Mark:
    at: float
    kind: str  # warn | alarm | fault | moved
    text: str


class Sampler:
    """Reads the kernel's own counters of the adapters, as /sys/class/net/*/statistics has them."""

    def __init__(self, host: Namespace, streams: Sequence[Stream] = ()) -> None:
        self.samples: list[Sample] = []
        self._streams = streams
        self._stop = threading.Event()
        self._thread = host.thread(self._run)
        self._thread.start()

    def _run(self) -> None:
        due = time.monotonic()
        with open("/proc/thread-self/net/dev") as file:
            while not self._stop.is_set():
                file.seek(0)
                sample = parse_counters(time.monotonic(), file.read())
                if self._streams:
                    sample.sent = [stream.counts()[0] for stream in self._streams]
                self.samples.append(sample)
                due = max(due + STEP, time.monotonic())
                time.sleep(max(0.0, due - time.monotonic()))

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()


def parse_counters(at: float, text: str) -> Sample:
    """What /proc/net/dev says of the adapters."""
    sample = Sample(at, {}, {})
    for line in text.splitlines():
        name, _, values = line.strip().partition(":")
        if name in ADAPTERS:
            words = values.split()
            sample.rx[name], sample.tx[name] = int(words[1]), int(words[9])
            sample.rx_errors[name] = int(words[2])
    for name in ADAPTERS:  # an adapter that does not exist now
        sample.rx.setdefault(name, 0)
        sample.tx.setdefault(name, 0)
    return sample


def rates(samples: list[Sample], step: float = 0.0) -> list[Rate]:
    """Rates over at least `step` seconds each."""
    result = []
    last = samples[0] if samples else None
    for sample in samples[1:]:
        span = sample.at - last.at
        if span < max(step, 0.001):
            continue
        rx = {name: max(0, sample.rx[name] - last.rx[name]) / span for name in ADAPTERS}
        tx = {name: max(0, sample.tx[name] - last.tx[name]) / span for name in ADAPTERS}
        result.append(Rate(sample.at, sample.at - span / 2, rx, tx))
        last = sample
    return result


@dataclass
class Path:
    """Which adapter carried what, as measured: when B first received and first sent the traffic, and the split."""

    ingress_moved: float | None = None
    egress_moved: float | None = None
    split_seconds: float = 0.0
    egress_on_primary: bool = False


# frames of traffic over which one adapter must have carried more than the other to be taken for the one that does, and
# by how much of them: probes come in bursts that are more than the traffic for a moment
CARRIED, CARRIED_MORE = 400, 0.3


def _moved(samples: list[Sample], pps: int, direction: str) -> float | None:
    """When B began to carry the traffic instead of A."""
    span = CARRIED / pps
    for sample in samples:
        later = _at(samples, sample.at + span)
        if later.at <= sample.at:
            return None
        now, then = getattr(sample, direction), getattr(later, direction)
        more = (then["B"] - now["B"]) - (then["A"] - now["A"])
        if more > CARRIED_MORE * pps * (later.at - sample.at):
            # so much more is carried when it moved that far before the end
            return later.at - (1 + CARRIED_MORE) / 2 * (later.at - sample.at)
    return None


def measure_path(samples: list[Sample], pps: int) -> Path:
    """From the counters alone. The split is the time in which B receives the traffic and does not send it; A must
    have sent what the traffic sent in all of it, as B must have received it."""
    path = Path(_moved(samples, pps, "rx"), _moved(samples, pps, "tx"))
    if path.ingress_moved is None:
        return path
    end = path.egress_moved if path.egress_moved is not None else samples[-1].at
    path.split_seconds = max(end - path.ingress_moved, 0.0)
    # without the moments in which a move happened
    first, last = _at(samples, path.ingress_moved + CARRIED / pps / 2), _at(samples, end - CARRIED / pps / 2)
    if first.at < last.at:
        towards, by = (last.sent[i] - first.sent[i] for i in (0, 1))
        path.egress_on_primary = (
            min(towards, by) > 0
            and last.rx["B"] - first.rx["B"] > 0.95 * towards
            # by B only probes, of which A has sent as many
            and (last.tx["A"] - first.tx["A"]) - (last.tx["B"] - first.tx["B"]) > 0.85 * by
        )
    return path


def _at(samples: list[Sample], at: float) -> Sample:
    return samples[min(bisect_left(samples, at, key=lambda s: s.at), len(samples) - 1)]


@dataclass
class Timeline:
    """Everything the pictures are made of. Times are CLOCK_MONOTONIC; `start` is the pictures' zero."""

    title: str
    start: float
    pps: int
    samples: list[Sample] = field(default_factory=list)
    states: list[tuple[float, str]] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    lost_at: list[float] = field(default_factory=list)
    end: float = 0.0
    # an extra panel: name with unit, points, and thresholds by name
    reading: str = ""
    readings: list[tuple[float, float]] = field(default_factory=list)
    thresholds: dict[str, float] = field(default_factory=dict)

    def note_state(self, at: float, state: str) -> bool:
        """Remembers a state if it is a new one."""
        if state and (not self.states or self.states[-1][1] != state):
            self.states.append((at, state))
            return True
        return False

    def text(self) -> str:
        """The timeline in words, one line per thing that happened."""
        lines = [(at, f"state {state}") for at, state in self.states]
        lines += [(mark.at, f"{mark.kind:5} {mark.text}") for mark in self.marks]
        return "\n".join(f"{at - self.start:+9.3f} s  {what}" for at, what in sorted(lines))
