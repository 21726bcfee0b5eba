# SPDX-License-Identifier: LGPL-2.1-or-later
"""Test cases on a virtual machine. One boot serves all cases of a program, whatever adapters they want."""

import os
import shutil
import time
from collections.abc import Iterable
from typing import Any

from .. import build, case, policy
from ..case import Reordered, short
from ..network import HOST4, HOST6, PEER4, PEER6
from ..timeline import Path, measure_path
from ..traffic import Report, Stream, both_ways
from . import image, kernel, machine, service
from .host import MachineLab
from .apt import Unavailable
from .service import Service

# set by tests/vm --sanitized: primed with ASan and UBSan
SANITIZED_VARIABLE = "PRIMED_VM_SANITIZED"
JOURNAL_LINES = 60

# the number of the simulated device that a case may make
NETDEVSIM = 7

_running: list[MachineLab] = []  # at most one: there is memory for no more


def machine_with(
    a: str, b: str, patient: bool, connected: bool, processors: int = machine.PROCESSORS
) -> MachineLab:
    """The machine with these adapters, as they come out of the box (patient, connected: but for what MachineLab.restore
    says); booted, with so many processors, if it does not run."""
    if _running and not _running[0].machine.broken():
        lab = _running[0]
        lab.fit(a, b)
        lab.restore(patient, connected)
        return lab
    end_machines()
    lab = MachineLab(a, b, SANITIZED_VARIABLE in os.environ, patient, processors)
    _running.append(lab)
    return lab


def end_machines() -> None:
    while _running:
        _running.pop().close()


class MachineCase(case.unittest.TestCase):
    """A case on a machine. `lab` is there in setUp; `start` starts primed."""

    ADAPTERS = ("igb", "igb")
    # datagrams per second each way: what two emulated processors carry beside everything else
    RATE = 2000

    # whether the adapters are to forgive an emulation that is late (MachineLab.bring_up)
    PATIENT = True
    # whether they are to have their links and addresses
    CONNECTED = True

    lab: MachineLab
    daemon: Service | None

    def mark(self) -> tuple[float, float]:
        return time.monotonic(), self.lab.machine.waited()

    def starved(self, mark: tuple[float, float], error: Exception) -> str:
        """QEMU reads the cables of A and B one after the other; if it must wait for a processor in between, a frame
        overtakes another as on no real cable, and drivers reset an adapter that takes no frames."""
        began, waited = mark
        share = (self.lab.machine.waited() - waited) / (time.monotonic() - began)
        return f"QEMU waited for a processor {share:.0%} of the time" if share >= machine.STARVED else ""

    def setUp(self) -> None:
        self.daemon = None
        self.lab = machine_with(*self.ADAPTERS, self.PATIENT, self.CONNECTED)
        self.host = self.lab.host

    def start(self, text: str | None = None, ready: bool = True, **keys: Any) -> None:
        """primed by systemctl; text: the policy, else one pair of A and B whose split stays until told to go on, with
        these keys."""
        keys = {"handover": {"egress": "on-failure", "settle": "200ms"}} | keys
        self.daemon = Service(self.host, text or policy.document(lan=service.pair(**keys)))
        self.addCleanup(self._close_daemon)
        self.daemon.start()
        if ready:
            self.daemon.wait_ready(timeout=60)

    def _close_daemon(self) -> None:
        log = self.daemon.log_text()
        self.daemon.close()
        found = [line for line in log.splitlines() if any(word in line for word in case.SANITIZER_WORDS)]
        self.assertFalse(found, f"sanitizer findings in primed:\n{log[-6000:]}")

    def traffic(self, rate: int | None = None, ipv6: bool = False) -> list[Stream]:
        """Streams both ways, started: [received by the machine, sent by it]."""
        host, peer = (HOST6, PEER6) if ipv6 else (HOST4, PEER4)
        streams = both_ways(self.host, self.lab.peer, host, peer, rate or self.RATE)
        return [stream.start() for stream in streams]

    def assert_clean(self, streams: Iterable[Stream]) -> list[Report]:
        """Ends the streams; nothing may be lost, duplicated or reordered, and there must have been traffic."""
        reports = [stream.stop() for stream in streams]
        for stream, report in zip(streams, reports, strict=True):
            self.assertEqual(report.overflowed, 0, f"the measurement itself dropped some: {report}")
            self.assertGreater(report.sent, stream.rate / 10, f"hardly any traffic: {report}")
            counts = (report.lost, report.duplicated, report.reordered)
            text = f"lost, duplicated, reordered of {stream}: {short(report)}"
            if counts[:2] == (0, 0) and report.reordered:
                raise Reordered(text)
            self.assertEqual(counts, (0, 0, 0), text)
        return reports

    def make_netdevsims(self, spare_rings: int | None = None) -> None:
        """Two simulated adapters, sim0 and sim1, up; the rings of sim1 take no more than `spare_rings`."""
        for number, name in enumerate(self.host.new_netdevsim(NETDEVSIM)):
            own = f"sim{number}"
            self.host.shell(
                f"ip link set {name} down; ip link set {name} name {own}; ip link set {own} addrgenmode none\n"
                f"ip link set {own} address 02:00:00:00:07:0{number} up"
            )
        self.addCleanup(self.host.delete_netdevsim, NETDEVSIM)
        if spare_rings is not None:
            rings = f"/sys/kernel/debug/netdevsim/netdevsim{NETDEVSIM}/ports/1/ethtool/ring"
            self.host.shell(f"for limit in {rings}/*_max_pending; do echo {spare_rings} >$limit; done")

    def kernel_version(self) -> tuple[int, ...]:
        return tuple(map(int, self.host.run("uname", "-r").split("-")[0].split("+")[0].split(".")[:2]))

    def insert_flowsim(self, *parameters: str) -> None:
        """The tests' own driver, built for the machine's kernel: flow0 and flow1, up."""
        work = build.REPOSITORY / "build" / "vm-driver"
        shutil.rmtree(work, ignore_errors=True)
        shutil.copytree(build.REPOSITORY / "tests" / "machine" / "driver", work)
        kernel.build_module(work, self.host.run("uname", "-r").strip(), image.toolchains())
        self.host.call("rmmod", "flowsim")
        self.host.line.write("/run/flowsim.ko", (work / "flowsim.ko").read_bytes())
        self.host.run("insmod", "/run/flowsim.ko", *parameters)
        self.addCleanup(self.host.call, "rmmod", "flowsim")
        for name in ("flow0", "flow1"):
            self.host.ip("link", "set", name, "addrgenmode", "none", "up")

    def order(self, *words: str) -> None:
        """A verb that moves traffic; see Service.order."""
        self.daemon.order(*words)

    def measured_path(self, sampler: Any, rate: int | None = None) -> Path:
        """Ends the sampler; when ingress and egress moved, by the adapters' own counters."""
        sampler.stop()
        return measure_path(sampler.samples, rate or self.RATE)

    def report(self) -> str:
        """What a failure is to be judged by."""
        parts = []
        if self.daemon:
            lines = self.daemon.log_text().splitlines()[-JOURNAL_LINES:]
            parts.append("primed's journal ends:\n" + "\n".join(lines))
        parts.append(self.lab.machine.console_tail())
        return "\n".join(parts)


def main(caged: bool = True) -> None:
    """Runs the cases of the file this is called from, or says why there can be no machine."""
    try:
        machine.prepare()
    except Unavailable as reason:
        print(f"ok 1 - virtual machine # SKIP {' '.join(str(reason).split())}\n1..1")
        return
    case.main(caged, at_end=end_machines)
