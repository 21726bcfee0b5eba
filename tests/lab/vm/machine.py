# SPDX-License-Identifier: LGPL-2.1-or-later
"""One running machine: QEMU, its console, its monitor and the control line. Software emulation; no KVM is needed."""

import contextlib
import itertools
import json
import os
import shutil
import socket
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

_numbers = itertools.count(1)

# seconds; a boot takes 25 on two idle cores
BOOT_PATIENCE = 240
MEMORY = "1536"  # MiB
PROCESSORS = "2"
# with the HPET on, the emulated machine hangs; the timer check fails where emulation is slow
COMMAND_LINE = "root=/dev/vda console=ttyS0 no_timer_check net.ifnames=0 quiet systemd.show_status=0 panic=-1"
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

    def netdev(self) -> str:
        queues = f",queues={self.queues}" if self.queues > 1 else ""
        return f"tap,id=net{self.name},ifname={self.port},script=no,downscript=no,vhost=off{queues}"

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


class Machine:
    """Booted when made. The cards' taps must be in `switch` already. `line` is the way in, `monitor` QEMU's."""

    def __init__(
        self,
        switch: Namespace,
        cards: Iterable[Card] = (),
        sanitized: bool = False,
        files: Mapping[str, str] | None = None,
    ) -> None:
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
        self.process = switch.start(*self._command(initrd), stdout=self._log, stderr=self._log)
        _favour(self.process.pid)
        try:
            self._connect(initrd)
        except BaseException:
            self.close()
            raise

    def _command(self, initrd: Path) -> list[str]:
        words = [
            image.QEMU, "-nodefaults", "-display", "none", "-no-reboot", "-machine", "q35,hpet=off",
            "-accel", "tcg,thread=multi", "-cpu", "max", "-smp", PROCESSORS, "-m", MEMORY,
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
            words += ["-netdev", card.netdev(), "-device", json.dumps(card.device())]
        return words

    def _connect(self, initrd: Path) -> None:
        deadline = time.monotonic() + BOOT_PATIENCE
        line = self.folder / "line"
        while not line.exists():
            if reason := self.broken():
                raise RuntimeError(reason)
            time.sleep(0.05)
        self.line = Channel(line, self.broken)
        self.monitor = Monitor(self.folder / "monitor")
        while not self.line.ready.wait(0.5):
            if reason := self.broken():
                raise RuntimeError(reason)
            if time.monotonic() > deadline:
                raise TimeoutError(f"no answer within {BOOT_PATIENCE} s of the start\n{self.console_tail()}")
        initrd.unlink()
        self.wait_booted()

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

    def close(self) -> None:
        """Pulls the plug; nothing on its disk is to be kept."""
        for end in (getattr(self, "line", None), getattr(self, "monitor", None)):
            if end:
                end.close()
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._log.close()
        if "PRIMED_VM_KEEP" in os.environ:
            shutil.copytree(self.folder, os.environ["PRIMED_VM_KEEP"], dirs_exist_ok=True,
                            ignore=shutil.ignore_patterns("*.cpio", "line", "monitor"))  # fmt: skip
        shutil.rmtree(self.folder, ignore_errors=True)


def prepare() -> None:
    """Everything a machine needs, made before the cage is entered (it is written to the build folder)."""
    image.prepare()
    build.make_release()
    payload.installation()
