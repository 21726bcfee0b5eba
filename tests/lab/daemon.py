# SPDX-License-Identifier: LGPL-2.1-or-later
"""primed in the laboratory: a private bus, the daemon in the host's namespace, primectl, and what it announces."""

import json
import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import build
from .cage import BPF, ROOT
from .namespaces import Namespace

_BUS_CONFIGURATION = """\
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type>
  <listen>unix:path={socket}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/>
    <deny own="*"/>
    <deny send_type="method_call"/>
    <allow send_type="signal"/>
    <allow send_requested_reply="true" send_type="method_return"/>
    <allow send_requested_reply="true" send_type="error"/>
    <allow receive_type="method_call"/>
    <allow receive_type="method_return"/>
    <allow receive_type="error"/>
    <allow receive_type="signal"/>
    <allow send_destination="org.freedesktop.DBus" send_interface="org.freedesktop.DBus"/>
    <allow send_destination="org.freedesktop.DBus" send_interface="org.freedesktop.DBus.Introspectable"/>
    <allow send_destination="org.freedesktop.DBus" send_interface="org.freedesktop.DBus.Properties"/>
  </policy>
  <include ignore_missing="yes">{policy}</include>
</busconfig>
"""

# seconds for what takes less than one, on a machine that has time: it is only there so that a test ends
PATIENCE = 60.0


class Bus:
    """A system-like message bus of our own, with the bus policy that primed ships."""

    def __init__(self) -> None:
        socket = ROOT / "bus"
        configuration = ROOT / "bus.conf"
        shipped = build.REPOSITORY / "data" / "org.primed.Primed1.conf"
        configuration.write_text(_BUS_CONFIGURATION.format(socket=socket, policy=shipped))
        self.environment = {"DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={socket}"}
        self.process = subprocess.Popen(
            ["dbus-daemon", f"--config-file={configuration}", "--nofork", "--nopidfile", "--nosyslog"],
            stdin=subprocess.DEVNULL,
            stderr=open(ROOT / "bus.log", "w"),
            start_new_session=True,
        )
        wait_until(socket.exists, 5, f"the bus did not start: see {ROOT / 'bus.log'}")

    def close(self) -> None:
        self.process.terminate()
        self.process.wait()
        (ROOT / "bus").unlink(missing_ok=True)


@dataclass
class Event:
    """One line of `primectl monitor`."""

    at: float  # CLOCK_MONOTONIC, when it happened
    kind: str
    pair: str
    adapter: str
    text: str
    fields: dict[str, Any]


class ControlError(RuntimeError):
    """primectl refused; code is its exit status."""

    def __init__(self, words: tuple[str, ...], code: int, text: str) -> None:
        super().__init__(f"primectl {' '.join(words)}: exit {code}: {text.strip()}")
        self.code = code
        self.text = text


def wait_until(condition: Callable[[], Any], timeout: float, what: str, interval: float = 0.02) -> Any:
    deadline = time.monotonic() + timeout
    while not (found := condition()):
        if time.monotonic() > deadline:
            raise TimeoutError(what)
        time.sleep(interval)
    return found


class Control:
    """primed as one asks it, wherever it runs: by primectl."""

    # seconds between questions: asking must not take the processor time of what is asked about
    INTERVAL = 0.1

    events: list[Event]

    def start(self) -> Any:
        raise NotImplementedError

    def close(self) -> None:
        raise NotImplementedError

    def control(self, *words: str, timeout: float = 30) -> str:
        """primectl with JSON output: what it printed. Raises ControlError when it refuses."""
        raise NotImplementedError

    def ended(self) -> str | None:
        """Why primed does not run any more, with the end of its log; None while it does."""
        raise NotImplementedError

    def log_text(self) -> str:
        raise NotImplementedError

    def moment(self, usec: Any) -> float:
        """CLOCK_REALTIME microseconds, as the bus tells times, in our CLOCK_MONOTONIC seconds; nothing told: now."""
        return from_realtime(usec)

    def note_event(self, line: str) -> None:
        """A line of `primectl monitor`."""
        try:
            found = json.loads(line)
        except json.JSONDecodeError:
            return
        kind, pair, adapter, text = (str(found.get(key, "")) for key in ("kind", "pair", "adapter", "text"))
        self.events.append(Event(self.moment(found.get("time")), kind, pair, adapter, text, found.get("fields") or {}))

    def status(self, pair: str = "lan") -> dict[str, Any]:
        return json.loads(self.control("status", pair))

    def wait_for(self, condition: Callable[[dict], Any], timeout: float, what: str, pair: str = "lan") -> dict:
        """Polls the status until the condition holds; returns that status."""
        last: dict[str, Any] = {}

        def holds() -> bool:
            nonlocal last
            if reason := self.ended():
                raise RuntimeError(reason)
            try:
                last = self.status(pair)
            except ControlError:
                return False
            return bool(condition(last))

        try:
            wait_until(holds, timeout, "", self.INTERVAL)
        except TimeoutError:
            log = self.log_text()[-3000:]
            raise TimeoutError(f"not {what} within {timeout} s; status: {last}\nlog:\n{log}") from None
        return last

    def wait_state(self, states: str | Iterable[str], timeout: float = PATIENCE, pair: str = "lan") -> dict[str, Any]:
        wanted = (states,) if isinstance(states, str) else tuple(states)
        return self.wait_for(lambda s: s.get("state") in wanted, timeout, f"in state {' or '.join(wanted)}", pair)

    def wait_ready(self, timeout: float = PATIENCE, pair: str = "lan") -> dict[str, Any]:
        """Until the spare is proved and made alike; where priming waits for evidence, proved for a second."""
        proved_since: float | None = None

        def ready(status: dict[str, Any]) -> bool:
            nonlocal proved_since
            now = time.monotonic()
            if status.get("state") != "protected":
                proved_since = None
                return status.get("state") == "primed"
            proved_since = proved_since or now
            return now - proved_since > 1.0

        return self.wait_for(ready, timeout, "ready", pair)

    def wait_serving(self, adapter: str, timeout: float = PATIENCE, pair: str = "lan") -> dict[str, Any]:
        return self.wait_for(lambda s: s.get("serving") == adapter, timeout, f"served by {adapter}", pair)


class Daemon(Control):
    """primed with a policy folder of its own. It may be killed and started again; pins, state and logs stay."""

    def __init__(
        self, host: Namespace, policy: str, replay: Path | None = None, wrapper: tuple[str, ...] = ()
    ) -> None:
        """wrapper: a program that becomes primed, with its options."""
        self.host = host
        self._wrapper = wrapper
        self.policies = ROOT / "policy.d"
        self.log = ROOT / "primed.log"
        self.bus = Bus()
        self.events: list[Event] = []
        self.process: subprocess.Popen | None = None
        self._monitor: subprocess.Popen | None = None
        self._bpf, self._state = BPF / "primed", ROOT / "state"
        self._replay = replay
        for folder in (self.policies, self._bpf, self._state):
            folder.mkdir(exist_ok=True)
        self.write_policy(policy)

    def write_policy(self, text: str, name: str = "lan.yaml") -> None:
        (self.policies / name).write_text(text)

    def start(self, patience: float = PATIENCE) -> "Daemon":
        """Starts it and returns when it answers on the bus, within so many seconds."""
        options = [f"--policy-dir={self.policies}", f"--bpf-dir={self._bpf}", f"--state-dir={self._state}"]
        if self._replay:
            options.append(f"--replay={self._replay}")
        self.process = self.host.start(
            *self._wrapper,
            build.program("primed"),
            *options,
            environment=self.bus.environment,
            stdout=subprocess.DEVNULL,
            stderr=open(self.log, "a"),
            own_sys=True,
        )
        wait_until(self._answers, patience, "primed does not answer on the bus")
        if not self._monitor:
            self._start_monitor()
        return self

    def _answers(self) -> bool:
        if reason := self.ended():
            raise RuntimeError(reason)
        try:
            self.control("list")
        except ControlError:
            return False
        return True

    def ended(self) -> str | None:
        assert self.process
        if self.process.poll() is None:
            return None
        return f"primed ended with {self.process.returncode}:\n{self.log_text()[-4000:]}"

    def log_text(self) -> str:
        return self.log.read_text() if self.log.exists() else ""

    def state_text(self, pair: str) -> str:
        """What it has written down about the pair."""
        path = self._state / f"{pair}.state"
        return path.read_text() if path.exists() else ""

    def _start_monitor(self) -> None:
        self._monitor = subprocess.Popen(
            [build.program("primectl"), "--json=short", "monitor"],
            env={**os.environ, **self.bus.environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=open(ROOT / "monitor.log", "a"),
            start_new_session=True,
            text=True,
        )
        threading.Thread(target=self._read_events, args=(self._monitor,), daemon=True).start()

    def _read_events(self, monitor: subprocess.Popen) -> None:
        for line in monitor.stdout:
            with open(ROOT / "events.json", "a") as file:
                file.write(line)
            self.note_event(line)

    def control(self, *words: str, timeout: float = 30) -> str:
        done = subprocess.run(
            [build.program("primectl"), "--json=short", *words],
            # its leaks are looked for by its own tests: at each end that takes longer than what it does
            env={**os.environ, **self.bus.environment, "ASAN_OPTIONS": "detect_leaks=0"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout,
        )
        if done.returncode != 0:
            raise ControlError(words, done.returncode, done.stderr or done.stdout)
        return done.stdout

    def kill(self) -> None:
        """kill -9: no chance to tidy up."""
        assert self.process
        self.process.kill()
        self.process.wait()

    def stop(self, patience: float = PATIENCE) -> int:
        """Asks it to end; returns its exit status."""
        assert self.process
        self.process.terminate()
        return self.process.wait(timeout=patience)

    def close(self) -> None:
        for process in (self._monitor, self.process):
            if process and process.poll() is None:
                process.terminate()
                try:
                    process.wait(timeout=10)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
        self.bus.close()


def from_realtime(usec: Any) -> float:
    """This machine's CLOCK_REALTIME microseconds in CLOCK_MONOTONIC seconds; nothing told: now."""
    now = time.monotonic()
    return now - (time.time() - usec / 1e6) if isinstance(usec, (int, float)) else now
