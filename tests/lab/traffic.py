# SPDX-License-Identifier: LGPL-2.1-or-later
"""Counted traffic between two namespaces: the `traffic` tool's processes and what their records say."""

import itertools
import json
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

from . import build
from .cage import ROOT
from .namespaces import Namespace
from .record import Record

_numbers = itertools.count(1)


@dataclass
class Report:
    """What became of a stream. Times are CLOCK_MONOTONIC seconds; lost_at says when each lost one was sent."""

    sent: int
    lost: int
    duplicated: int
    reordered: int
    overflowed: int  # dropped by the receiver's own socket: not the network's fault
    refused: int
    late: int  # slots of the schedule given up because the sender did not run
    outage_ms: float  # longest run of lost ones, by their time of sending
    outage_at: float
    max_gap_ms: float  # longest time between two arrivals
    lost_at: list[float] = field(repr=False)
    overtaken_at: list[float] = field(repr=False)  # when each was sent that a later one overtook

    @property
    def clean(self) -> bool:
        return self.lost == self.duplicated == self.reordered == 0

    def lost_between(self, start: float, end: float) -> int:
        return sum(start <= at < end for at in self.lost_at)


def _read_ready(process: subprocess.Popen, what: str) -> None:
    line = process.stdout.readline()
    if not line or not json.loads(line).get("ready"):
        raise RuntimeError(f"{what} did not start: {process.stderr.read().strip()}")


def _result(process: subprocess.Popen, what: str) -> dict:
    output, errors = process.communicate(timeout=30)
    if process.returncode != 0:
        raise RuntimeError(f"{what}: exit {process.returncode}: {errors.strip()}")
    return json.loads(output.splitlines()[-1])


class Stream:
    """Numbered datagrams one way, `rate` per second. `tagged`: 802.1Q frames between two interfaces instead."""

    def __init__(
        self,
        sender: Namespace,
        receiver: Namespace,
        to: str = "",
        rate: int = 20000,
        port: int | None = None,
        send: tuple[str, ...] = (),
        receive: tuple[str, ...] = (),
        tagged: bool = False,
    ) -> None:
        number = next(_numbers)
        self.rate, self.sender, self.receiver = rate, sender, receiver
        self._records = [ROOT / f"stream-{number}.{end}" for end in ("sent", "received")]
        self._common = [f"--stream={number}", f"--rate={rate}"]
        self._verbs = ("send-tagged", "receive-tagged") if tagged else ("send", "receive")
        if not tagged:
            self._common.append(f"--port={port or 7000 + number}")
            send = (f"--to={to}", *send)
        self._send, self._receive = send, receive
        self._processes: list[subprocess.Popen] = []
        self._opened: list[Record] = []

    def __str__(self) -> str:
        return f"{' '.join(self._send)} ({self.sender.name} to {self.receiver.name})"

    def _start(self, namespace: Namespace, verb: str, record: Path, options: tuple[str, ...]) -> None:
        process = namespace.start(
            namespace.tool("traffic"), verb, f"--record={record}", *self._common, *options,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        self._processes.append(process)
        _read_ready(process, f"traffic {verb}")
        self._opened.append(namespace.open_record(record))

    def listen(self) -> None:
        self._start(self.receiver, self._verbs[1], self._records[1], self._receive)

    def start(self) -> "Stream":
        if not self._processes:
            self.listen()
        self._start(self.sender, self._verbs[0], self._records[0], self._send)
        return self

    def counts(self) -> tuple[int, int]:
        """(sent, received) as of now."""
        received, sent = (record.count for record in self._opened)
        return sent, received

    def sent(self) -> int:
        return self._opened[1].count

    @property
    def sending(self) -> subprocess.Popen:
        """The process that sends."""
        return self._processes[1]

    @property
    def sent_record(self) -> Path:
        """Where the sender keeps it, in the sender's own file system."""
        return self._records[0]

    def stop(self) -> Report:
        """Ends the sender, gives the last ones time to arrive, ends the receiver, compares."""
        receiver, sender = self._processes
        sender.send_signal(signal.SIGTERM)
        _result(sender, "sender")
        time.sleep(0.3)
        receiver.send_signal(signal.SIGTERM)
        _result(receiver, "receiver")
        report = self.report()
        for record in self._opened:
            record.delete()
        return report

    def report(self) -> Report:
        received, sent = (record.fetch() for record in self._opened)
        text = subprocess.run(
            [build.tool("traffic"), "report", sent, received], check=True, capture_output=True, text=True
        ).stdout
        found = json.loads(text)
        arrived = found["received"]
        return Report(
            sent=found["sent"],
            lost=found["lost"],
            duplicated=arrived["duplicated"],
            reordered=arrived["reordered"],
            overflowed=arrived["overflowed"],
            refused=found["sender"]["refused"],
            late=found["sender"]["late"],
            outage_ms=found["outage_ms"],
            outage_at=found["outage_at"],
            max_gap_ms=arrived["max_gap_ms"],
            lost_at=found["lost_at"],
            overtaken_at=found["overtaken"],
        )


@dataclass
class TcpReport:
    sent: int
    received: int
    corrupted: int
    ended: bool
    retransmits: int
    max_stall_ms: float

    @property
    def intact(self) -> bool:
        return self.ended and self.corrupted == 0 and self.received == self.sent


class TcpStream:
    """One connection at a steady rate, bytes per second, every byte verified."""

    def __init__(self, sender: Namespace, receiver: Namespace, to: str, rate: int = 2_000_000) -> None:
        port = f"--port={8000 + next(_numbers)}"
        self._receiver = receiver.start(
            receiver.tool("traffic"), "tcp-receive", port, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        _read_ready(self._receiver, "tcp-receive")
        self._sender = sender.start(
            sender.tool("traffic"), "tcp-send", port, f"--to={to}", f"--rate={rate}",
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        _read_ready(self._sender, "tcp-send")

    def stop(self) -> TcpReport:
        self._sender.send_signal(signal.SIGTERM)
        sent, received = _result(self._sender, "tcp-send"), _result(self._receiver, "tcp-receive")
        return TcpReport(
            sent=sent["bytes"],
            received=received["bytes"],
            corrupted=received["corrupted"],
            ended=received["ended"],
            retransmits=sent["retransmits"],
            max_stall_ms=received["max_stall_ms"],
        )


def both_ways(host: Namespace, peer: Namespace, host_address: str, peer_address: str, rate: int) -> list[Stream]:
    """Two independent streams, not yet started: [what the host receives, what it sends]."""
    return [Stream(peer, host, host_address, rate), Stream(host, peer, peer_address, rate)]
