# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the benchmarks share: a fresh network and daemon per run, and robust statistics of few runs."""

import json
import math
import os
import socket
import struct
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from . import cage, policy
from .daemon import Daemon
from .namespaces import Namespace, run
from .network import HOST4, PEER4, Lab
from .traffic import Stream, both_ways

RTM_NEWLINK = 16
RTMGRP_LINK = 1
IFF_LOWER_UP = 0x10000
SO_RCVBUFFORCE = 33
RECEIVE_BUFFER = 4 << 20
# after the spare is proved: the hold-off is over, and no link event is so recent that the kernel would
# delay the next (net/core/link_watch.c: one batch per second)
CALM = 1.5


@contextmanager
def fresh(rate: int) -> Iterator[tuple[Lab, Daemon, list[Stream]]]:
    """One run's world, at rest and under traffic; [ingress, egress] streams are the caller's to stop."""
    lab = Lab()
    handover = {"egress": "settled", "settle": "200ms"}
    daemon = Daemon(lab.host, policy.document(lan=policy.pair(handover=handover)))
    try:
        daemon.start()
        schedule_first(daemon.process)
        daemon.wait_ready()
        streams = [stream.start() for stream in both_ways(lab.host, lab.peer, HOST4, PEER4, rate)]
        for stream in streams:
            # traffic comes when it comes: time in which a sender waits for a processor would be counted as outage
            schedule_first(stream.sending)
        time.sleep(CALM)
        yield lab, daemon, streams
    finally:
        daemon.close()
        lab.close()
        cage.clean()


def schedule_first(process: subprocess.Popen | None) -> None:
    """As units/primed.service has it: CPUSchedulingPolicy=fifo, CPUSchedulingResetOnFork=yes."""
    assert process
    os.sched_setscheduler(process.pid, os.SCHED_FIFO | os.SCHED_RESET_ON_FORK, os.sched_param(1))


def median(values: list[float]) -> float:
    return percentile(values, 50)


def percentile(values: list[float], share: float) -> float:
    """Nearest rank: a value that was measured."""
    return sorted(values)[max(math.ceil(share / 100 * len(values)), 1) - 1]


class CarrierListener:
    """Notes when the kernel tells by rtnetlink that adapters have lost their carrier."""

    def __init__(self, host: Namespace, *adapters: str) -> None:
        self.told: dict[str, float] = {}
        links = json.loads(host.ip("-json", "link", "show"))
        self._names = {link["ifindex"]: link["ifname"] for link in links if link["ifname"] in adapters}
        bound = threading.Event()
        host.thread(lambda: self._listen(bound)).start()
        bound.wait()

    def _listen(self, bound: threading.Event) -> None:
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as netlink:
            netlink.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER)
            netlink.bind((0, RTMGRP_LINK))
            netlink.settimeout(30)
            bound.set()
            try:
                while len(self.told) < len(self._names):
                    data = netlink.recv(65536)
                    self._read(data, time.monotonic())
            except TimeoutError:
                pass

    def _read(self, data: bytes, now: float) -> None:
        offset = 0
        while offset + 32 <= len(data):
            length, kind = struct.unpack_from("=IH", data, offset)
            index, flags = struct.unpack_from("=iI", data, offset + 16 + 4)
            if kind == RTM_NEWLINK and index in self._names and not flags & IFF_LOWER_UP:
                self.told.setdefault(self._names[index], now)
            offset += max((length + 3) & ~3, 16)
