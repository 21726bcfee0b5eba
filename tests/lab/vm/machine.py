# SPDX-License-Identifier: LGPL-2.1-or-later
"""One running machine: QEMU, its console, its monitor and the control line. Software emulation; no KVM is needed."""

import contextlib
import itertools
import json
import os
import shutil
import socket
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .. import build
from ..cage import ROOT
from ..namespaces import Namespace
from . import image, payload
from .channel import Channel

# a folder for the logs of every machine; unset: they are not kept
LOGS_VARIABLE = "PRIMED_VM_LOGS"

_numbers = itertools.count(1)

# seconds; a boot takes 25 on two idle cores
BOOT_PATIENCE = 240
# Rarely, and where this machine is very busy, an emulated timer is lost while the kernel boots, and all of it waits for
# ever. Then QEMU uses no time at all for so many seconds, and is started again.
HUNG_AFTER, HUNG_USE = 20, 0.5
BOOTS = 3
MEMORY = "1536"  # MiB
PROCESSORS = 2
# With the HPET on, the emulated machine hangs; the timer check fails where emulation is slow. Interrupts go to one
# processor: to emulated ones a frame is 200 us of work, not one, and two adapters served by two of them would overtake
# each other by that much. The emulated TSC is this machine's own, so it is the same on all processors, whatever the
# kernel measures while it gets no time; all other clocks cost an exit to QEMU each time they are read.
COMMAND_LINE = (
    "root=/dev/vda console=ttyS0 no_timer_check net.ifnames=0 quiet systemd.show_status=0 panic=-1 irqaffinity=0 "
    "tsc=reliable"
)
CONSOLE_LINES = 40
VIRTIO_QUEUES = 4
# what QEMU calls each kind of adapter
MODELS = {"igb": "igb", "e1000e": "e1000e", "vmxnet3": "vmxnet3", "virtio": "virtio-net-pci"}


@dataclass(frozen=True)
class Card:
    """An adapter to plug in: its name in the machine, what it is, its address, the tap at the switch's port."""

    name: str
    kind: str
    mac: str
    port: str

    @property
    def queues(self) -> int:
        return VIRTIO_QUEUES if self.kind == "virtio" else 1

    def link_file(self) -> str:
        """So that udev calls it what we do, whichever slot it is in and however often it comes."""
        return f"[Match]\nMACAddress={self.mac}\nType=ether\n[Link]\nName={self.name}\nMACAddressPolicy=none\n"

    def netdev(self) -> dict[str, Any]:
        queues = {"queues": self.queues} if self.queues > 1 else {}
        return {
            "type": "tap", "id": f"net{self.name}", "ifname": self.port, "script": "no", "downscript": "no",
            "vhost": False, **queues,
        }  # fmt: skip

    def device(self) -> dict[str, Any]:
        found = {
            "driver": MODELS[self.kind], "id": f"nic{self.name}", "netdev": f"net{self.name}", "mac": self.mac,
            "bus": f"slot{self.name}", "romfile": "",
        }  # fmt: skip
        if self.queues > 1:
            found |= {"mq": True, "vectors": 2 * self.queues + 2}
        return found


class Monitor:
    """QEMU's monitor (QMP)."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(60)
        self._socket.connect(str(path))
        self._file = self._socket.makefile("rb")
        self._next()  # the greeting
        self.events: list[dict[str, Any]] = []
        self("qmp_capabilities")

    def _next(self) -> dict[str, Any]:
        line = self._file.readline()
        if not line:
            raise RuntimeError("QEMU has closed its monitor")
        return json.loads(line)

    def __call__(self, command: str, **arguments: Any) -> Any:
        self._socket.sendall(json.dumps({"execute": command, "arguments": arguments}).encode() + b"\n")
        while True:
            found = self._next()
            if "event" in found:
                self.events.append(found)
            elif "error" in found:
                raise RuntimeError(f"{command} {arguments}: {found['error']['desc']}")
            else:
                return found["return"]

    def wait_event(self, name: str, **data: Any) -> dict[str, Any]:
        while True:
            for event in self.events:
                if event["event"] == name and data.items() <= event.get("data", {}).items():
                    self.events.remove(event)
                    return event
            found = self._next()
            if "event" in found:
                self.events.append(found)

    def close(self) -> None:
        self._file.close()
        self._socket.close()


def _favour(pid: int) -> None:
    """Before all else on this machine: an emulated processor that gets no time makes adapters lose and reorder frames,
    which no real one does. As a process, and as the session it leads where the scheduler shares time by session."""
    os.setpriority(os.PRIO_PROCESS, pid, -20)
    with contextlib.suppress(OSError):
        Path(f"/proc/{pid}/autogroup").write_text("-20")


def _used(pid: int) -> float:
    """Seconds of processor time."""
    words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")

# the share of the time that QEMU's threads wait for a processor, above which what is measured says little of adapters
STARVED = 0.1


class Hung(RuntimeError):
    """The kernel does not boot."""


class Machine:
    """Booted when made. The cards' taps must be in `switch` already. `line` is the way in, `monitor` QEMU's."""

    def __init__(
        self,
        switch: Namespace,
        cards: Iterable[Card] = (),
        sanitized: bool = False,
        files: Mapping[str, str] | None = None,
        processors: int = PROCESSORS,
    ) -> None:
        self._processors = processors
        self.cards = {card.name: card for card in cards}
        self.folder = ROOT / f"machine-{next(_numbers)}"
        self.folder.mkdir()
        self.console = self.folder / "console"
        self._boot_image = image.prepare()
        links = {f"/etc/systemd/network/10-{c.name}.link": c.link_file() for c in self.cards.values()}
        archive = payload.assemble(self.folder, sanitized, {**links, **(files or {})})
        initrd = self.folder / "initrd.cpio"
        with open(initrd, "wb") as file:
            for part in (self._boot_image.initrd, archive):
                with open(part, "rb") as source:
                    shutil.copyfileobj(source, file)
        archive.unlink()
        self._log = open(self.folder / "qemu.log", "w")
        for remaining in reversed(range(BOOTS)):
            self.process = switch.start(*self._command(initrd), stdout=self._log, stderr=self._log)
            _favour(self.process.pid)
            try:
                self._connect()
                break
            except BaseException as error:
                self._end()
                if not remaining or not isinstance(error, Hung):
                    self.close()
                    raise
        initrd.unlink()
        self.wait_booted()

    def _command(self, initrd: Path) -> list[str]:
        words = [
            image.QEMU, "-nodefaults", "-display", "none", "-no-reboot", "-machine", "q35,hpet=off",
            "-accel", "tcg,thread=multi", "-cpu", "max", "-smp", str(self._processors), "-m", MEMORY,
            "-kernel", str(self._boot_image.kernel), "-initrd", str(initrd), "-append", COMMAND_LINE,
            "-serial", f"file:{self.console}",
            "-drive", f"file={self._boot_image.disk},format=raw,if=none,id=root,snapshot=on",
            "-device", "virtio-blk-pci,drive=root,romfile=", "-device", "virtio-rng-pci",
            "-device", "virtio-serial-pci",
            "-chardev", f"socket,id=lab,path={self.folder}/line,server=on,wait=off",
            "-device", "virtserialport,chardev=lab,name=lab",
            "-qmp", f"unix:{self.folder}/monitor,server=on,wait=off",
        ]  # fmt: skip
        for number, card in enumerate(self.cards.values(), 1):
            # a root port of its own: it can be unplugged, and igb has virtual functions
            words += ["-device", f"pcie-root-port,id=slot{card.name},chassis={number}"]
            words += ["-netdev", json.dumps(card.netdev()), "-device", json.dumps(card.device())]
        return words

    def _connect(self) -> None:
        deadline = time.monotonic() + BOOT_PATIENCE
        line = self.folder / "line"
        while not line.exists():
            if reason := self.broken():
                raise RuntimeError(reason)
            time.sleep(0.05)
        self.line = Channel(line, self.broken)
        self.monitor = Monitor(self.folder / "monitor")
        seen_at, used = time.monotonic(), 0.0
        while not self.line.ready.wait(0.5):
            now = time.monotonic()
            if reason := self.broken():
                raise RuntimeError(reason)
            if now > deadline:
                raise TimeoutError(f"no answer within {BOOT_PATIENCE} s of the start\n{self.console_tail()}")
            if _used(self.process.pid) > used + HUNG_USE:
                seen_at, used = now, _used(self.process.pid)
            if now > seen_at + HUNG_AFTER:
                raise Hung(f"the kernel hangs\n{self.console_tail()}")

    def wait_booted(self) -> None:
        done = self.line.call("systemctl", "is-system-running", "--wait", timeout=BOOT_PATIENCE)
        if done.stdout.strip() not in ("running", "degraded"):
            raise RuntimeError(f"booted, but {done.stdout.strip()}\n{self.console_tail()}")

    def broken(self) -> str | None:
        """Why the machine does not run, with the end of its console; None while it does."""
        if self.process.poll() is None:
            return None
        log = Path(self._log.name).read_text()[-2000:]
        return f"QEMU ended with {self.process.returncode}: {log}\n{self.console_tail()}"

    def console_tail(self) -> str:
        text = self.console.read_text(errors="replace") if self.console.exists() else ""
        lines = "\n".join(text.splitlines()[-CONSOLE_LINES:])
        return f"the console's last lines:\n{lines}"

    def waited(self) -> float:
        """Seconds that QEMU's threads, all together, have waited for a processor of ours; 0 if the kernel does not
        say."""
        total = 0
        for path in Path(f"/proc/{self.process.pid}/task").glob("*/schedstat"):
            with contextlib.suppress(OSError):
                total += int(path.read_text().split()[1])
        return total / 1e9

    def set_carrier(self, name: str, on: bool) -> float:
        """Plugs the cable in or out; returns the moment before (CLOCK_MONOTONIC)."""
        moment = time.monotonic()
        self.monitor("set_link", name=f"nic{name}", up=on)
        return moment

    def unplug(self, name: str) -> None:
        """The adapter's device is taken out of its slot; returns when it is out."""
        self.monitor("device_del", id=f"nic{name}")
        self.monitor.wait_event("DEVICE_DELETED", device=f"nic{name}")

    def plug(self, name: str) -> None:
        """The device that was unplugged is put into its slot again."""
        self.monitor("device_add", **self.cards[name].device())

    def take_out(self, name: str) -> None:
        """Nothing is connected to the switch's port any more. The adapter must be unplugged."""
        self.monitor("netdev_del", id=f"net{name}")

    def put_in(self, card: Card) -> None:
        """An adapter of another kind instead of the one that was taken out."""
        self.cards[card.name] = card
        self.monitor("netdev_add", **card.netdev())
        self.plug(card.name)

    def _keep_logs(self, target: Path) -> None:
        """Its journal, console and what QEMU said, in a folder of their own."""
        target = target / f"{os.path.basename(sys.argv[0])}-{'-'.join(card.kind for card in self.cards.values())}"
        target.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(RuntimeError, TimeoutError, OSError, AttributeError):
            done = self.line.call("journalctl", "--no-pager", "--output=short-precise")
            (target / "journal.log").write_text(done.stdout)
        for path in (self.console, self.folder / "qemu.log"):
            if path.exists():
                shutil.copy(path, target)

    def _end(self) -> None:
        for end in (getattr(self, "line", None), getattr(self, "monitor", None)):
            if end:
                end.close()
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for name in ("line", "monitor"):
            (self.folder / name).unlink(missing_ok=True)

    def close(self) -> None:
        """Pulls the plug; nothing on its disk is to be kept."""
        if LOGS_VARIABLE in os.environ:
            self._keep_logs(Path(os.environ[LOGS_VARIABLE]))
        self._end()
        self._log.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def prepare() -> None:
    """Everything a machine needs, made before the cage is entered (it is written to the build folder)."""
    image.prepare()
    build.make_release()
    payload.installation()
