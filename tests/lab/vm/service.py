# SPDX-License-Identifier: LGPL-2.1-or-later
"""primed as the machine's service manager runs it: unit, system bus, polkit, journal; all of it real."""

import json
import threading
import time
from pathlib import Path
from typing import Any

from .. import policy
from ..daemon import Control, ControlError, Event, wait_until
from ..network import PEER4
from .host import MachineHost

POLICIES = Path("/etc/primed/policy.d")
# seconds for systemctl; the first start compiles nothing, but loads programs under emulation
PATIENCE = 90
# tries of a move
ORDERS = 3
# An emulated processor is slow, and stands still whenever this machine has no time for it: probes are asked for less
# often, waited for longer, and late ones are no evidence (each missing one would bring 1000 more). What is asserted
# is measured by the traffic itself; that frames pass between A and B is still asked for before anything moves.
PROBE = {"targets": [PEER4], "beacon": True, "every": "200ms", "timeout": "2s", "lose": 5}
UNASKED = {"probe-loss": "ignore"}


def pair(signals: dict[str, Any] | None = None, **keys: Any) -> dict[str, Any]:
    """The laboratory's pair with times for an emulated machine; keys (with _ for -) replace."""
    health = {"sample": "250ms", "signals": UNASKED | (signals or {})}
    return policy.pair(**({"probe": PROBE, "health": health} | keys))


class Service(Control):
    """primed.service of one machine; its policies, its journal, and what it announces."""

    # as in Control, of an emulated processor
    INTERVAL = 0.3

    def __init__(self, host: MachineHost, text: str = "") -> None:
        self.host, self.events, self._cursor = host, [], ""
        self._monitor = None
        self.clear()
        if text:
            self.write_policy(text)

    def clear(self) -> None:
        """As if it had never run here."""
        self.host.call("systemctl", "stop", "primed.service", timeout=PATIENCE)
        self.host.shell(
            f"rm -rf {POLICIES} /run/primed /var/lib/primed /sys/fs/bpf/primed; mkdir -p {POLICIES}\n"
            "for name in A B; do tc qdisc del dev $name clsact 2>/dev/null || true; done\n"
            "systemctl reset-failed primed.service 2>/dev/null || true"
        )
        lines = self.host.run("journalctl", "-n", "1", "-o", "json", "--no-pager").splitlines()
        self._cursor = json.loads(lines[-1])["__CURSOR"] if lines else ""

    def write_policy(self, text: str, name: str = "lan.yaml") -> None:
        self.host.line.write(POLICIES / name, text)

    def systemctl(self, verb: str) -> str:
        try:
            return self.host.run("systemctl", verb, "primed.service", timeout=PATIENCE)
        except RuntimeError as error:
            raise RuntimeError(f"{error}\n{self.log_text()[-4000:]}") from None

    def start(self) -> "Service":
        """By systemctl, which returns when it is ready; then listens to what it announces."""
        self.systemctl("start")
        if not self._monitor:
            self._monitor = self.host.start("primectl", "--json=short", "monitor")
            threading.Thread(target=self._read_events, args=(self._monitor,), daemon=True).start()
        return self

    def _read_events(self, monitor: Any) -> None:
        for line in monitor.stdout:
            self.note_event(line)

    def moment(self, usec: Any) -> float:
        return usec / 1e6 + self.host.clock.realtime if isinstance(usec, (int, float)) else time.monotonic()

    def control(self, *words: str, timeout: float = 60) -> str:
        done = self.host.call("primectl", "--json=short", *words, timeout=timeout)
        if done.code != 0:
            raise ControlError(words, done.code, done.stderr or done.stdout)
        return done.stdout

    def order(self, *words: str) -> None:
        """A verb that moves the traffic of the pair lan. Where emulation stood still for too long, primed sees no traffic
        follow and undoes the move, as it should; then it is asked again. Nothing may be lost by that either."""
        for remaining in reversed(range(ORDERS)):
            try:
                self.control(*words, "lan")
                return
            except ControlError as error:
                if "was undone" not in error.text or not remaining:
                    raise
                self.wait_ready(timeout=60)

    def ended(self) -> str | None:
        state = self.properties("ActiveState", "Result")
        # after "deactivating" systemd may start it again
        if state["ActiveState"] not in ("inactive", "failed"):
            return None
        return f"primed.service is {state}:\n{self.log_text()[-4000:]}"

    def properties(self, *names: str) -> dict[str, str]:
        """What `systemctl show` says of the unit."""
        shown = self.host.run("systemctl", "show", "primed.service", f"--property={','.join(names)}")
        return dict(line.split("=", 1) for line in shown.splitlines())

    def journal(self, *matches: str) -> list[dict[str, Any]]:
        """Its entries since this object was made."""
        words = ["journalctl", "-o", "json", "--no-pager", "-u", "primed.service"]
        after = [f"--after-cursor={self._cursor}"] if self._cursor else []
        text = self.host.run(*words, *after, *matches)
        return [json.loads(line) for line in text.splitlines()]

    def log_text(self) -> str:
        return "\n".join(str(entry.get("MESSAGE", "")) for entry in self.journal())

    def wait_entry(self, event: str, timeout: float = 20) -> dict[str, Any]:
        """The first journal entry with that PRIMED_EVENT."""

        def found() -> dict[str, Any] | None:
            return next((entry for entry in self.journal() if entry.get("PRIMED_EVENT") == event), None)

        return wait_until(found, timeout, f"no entry of {event} in the journal within {timeout} s", self.INTERVAL)

    def stop(self) -> None:
        self.systemctl("stop")

    def close(self) -> None:
        if self._monitor:
            self._monitor.kill()
            self._monitor = None
        self.host.call("systemctl", "stop", "primed.service", timeout=PATIENCE)


def told(events: list[Event], kind: str) -> list[Event]:
    return [event for event in events if event.kind == kind]
