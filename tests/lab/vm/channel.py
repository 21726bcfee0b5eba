# SPDX-License-Identifier: LGPL-2.1-or-later
"""The control line into the machine, from outside: processes in it as if they were here, files, and its clock."""

import base64
import itertools
import json
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CHUNK = 1 << 18


@dataclass
class Clock:
    """The machine's clocks in terms of ours: what to add to its seconds for our CLOCK_MONOTONIC."""

    taken: float  # by its CLOCK_MONOTONIC
    monotonic: float
    realtime: float
    error: float  # seconds; half the time that asking took


class Output:
    """What a process has said and nobody has read yet. Text, or bytes if so asked."""

    def __init__(self) -> None:
        self._data, self._ended = bytearray(), False
        self._changed = threading.Condition()

    def feed(self, data: bytes | None) -> None:
        with self._changed:
            if data is None:
                self._ended = True
            else:
                self._data += data
            self._changed.notify_all()

    def _take(self, enough: Callable[[], int]) -> str:
        with self._changed:
            while not enough() and not self._ended:
                self._changed.wait()
            length = enough() or len(self._data)
            taken = self._data[:length]
            del self._data[:length]
            return taken.decode(errors="replace")

    def readline(self) -> str:
        return self._take(lambda: self._data.find(b"\n") + 1)

    def read(self) -> str:
        return self._take(lambda: 0)

    def __iter__(self) -> Iterator[str]:
        while line := self.readline():
            yield line


class Remote:
    """A process in the machine, with as much of subprocess.Popen as the laboratory uses."""

    def __init__(self, channel: "Channel", number: int, command: list[str]) -> None:
        self.args, self.returncode = command, None
        self.stdout, self.stderr = Output(), Output()
        self._channel, self._number, self._ended = channel, number, threading.Event()

    def hear(self, message: dict[str, Any]) -> bool:
        """Something about it; whether it was the last."""
        for name, output in (("out", self.stdout), ("err", self.stderr)):
            if name in message:
                output.feed(base64.b64decode(message[name]))
        if "error" in message:
            self.stderr.feed(message["error"].encode())
        if "exit" not in message and "error" not in message:
            return False
        self.returncode = message.get("exit", 127)
        for output in (self.stdout, self.stderr):
            output.feed(None)
        self._ended.set()
        return True

    def poll(self) -> int | None:
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        if not self._ended.wait(timeout):
            raise subprocess.TimeoutExpired(self.args, timeout or 0)
        return self.returncode

    def communicate(self, timeout: float | None = None) -> tuple[str, str]:
        self.wait(timeout)
        return self.stdout.read(), self.stderr.read()

    def send_signal(self, number: int) -> None:
        if self.returncode is None:
            self._channel.ask("signal", process=self._number, signal=int(number))

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


@dataclass
class Done:
    """How a command ended and what it said."""

    code: int
    stdout: str
    stderr: str


class Channel:
    """One connection; any number of threads may ask at once. `broken` says why the machine will not answer any more."""

    def __init__(self, path: Path, broken: Callable[[], str | None]) -> None:
        self._broken = broken
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._waiting: dict[int, Callable[[dict], bool]] = {}
        self.ready = threading.Event()
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(str(path))
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        try:
            for line in self._socket.makefile("rb"):
                message = json.loads(line)
                if message["id"] == 0:
                    self.ready.set()
                with self._lock:
                    hear = self._waiting.get(message["id"])
                if hear and hear(message):
                    with self._lock:
                        self._waiting.pop(message["id"], None)
        except OSError:
            pass
        # the machine is gone: nobody is to wait for it
        with self._lock:
            waiting, self._waiting = self._waiting, {}
        for hear in waiting.values():
            hear({"error": "the machine is gone"})

    def _send(self, number: int, hear: Callable[[dict], bool], **request: Any) -> None:
        line = json.dumps({"id": number, **request}).encode() + b"\n"
        with self._lock:
            self._waiting[number] = hear
            self._socket.sendall(line)

    def ask(self, do: str, timeout: float = 60, **words: Any) -> Any:
        """One question, one answer."""
        found: dict[str, Any] = {}
        answered = threading.Event()

        def hear(message: dict[str, Any]) -> bool:
            found.update(message)
            answered.set()
            return True

        self._send(next(self._numbers), hear, do=do, **words)
        deadline = time.monotonic() + timeout
        while not answered.wait(0.5):
            if reason := self._broken():
                raise RuntimeError(reason)
            if time.monotonic() > deadline:
                raise TimeoutError(f"the machine does not answer within {timeout} s: {do}")
        if "error" in found:
            raise RuntimeError(f"in the machine: {do}: {found['error']}")
        return found.get("value")

    def start(
        self, *command: str | Path, stdin: str | None = None, environment: dict[str, str] | None = None
    ) -> Remote:
        words = [str(word) for word in command]
        number = next(self._numbers)
        remote = Remote(self, number, words)
        extra = {} if stdin is None else {"stdin": base64.b64encode(stdin.encode()).decode()}
        self._send(number, remote.hear, do="start", command=words, environment=environment or {}, **extra)
        return remote

    def call(
        self,
        *command: str | Path,
        stdin: str | None = None,
        environment: dict[str, str] | None = None,
        timeout: float = 60,
    ) -> Done:
        """Runs a command to its end; it is killed when it takes longer than `timeout` seconds."""
        remote = self.start(*command, stdin=stdin, environment=environment)
        deadline = time.monotonic() + timeout
        while True:
            try:
                output, errors = remote.communicate(timeout=0.5)
                return Done(remote.returncode, output, errors)
            except subprocess.TimeoutExpired:
                if reason := self._broken():
                    raise RuntimeError(reason) from None
                if time.monotonic() > deadline:
                    remote.kill()
                    words = " ".join(remote.args)
                    raise TimeoutError(f"not done within {timeout} s: {words}\n{remote.stderr.read()}") from None

    def read(self, path: str | Path, size: int = CHUNK, offset: int = 0) -> bytes:
        """That part of a file, in pieces."""
        data = bytearray()
        while len(data) < size:
            piece = self.ask("read", path=str(path), offset=offset + len(data), size=min(CHUNK, size - len(data)))
            found = base64.b64decode(piece)
            if not found:
                break
            data += found
        return bytes(data)

    def write(self, path: str | Path, data: bytes | str, mode: int | None = None) -> None:
        content = data.encode() if isinstance(data, str) else data
        for offset in range(0, max(len(content), 1), CHUNK):
            piece = base64.b64encode(content[offset : offset + CHUNK]).decode()
            extra = {} if mode is None else {"mode": mode}
            self.ask("write", path=str(path), data=piece, append=offset > 0, **extra)

    def clock(self) -> Clock:
        """The best of several readings: the one that took least."""
        best = Clock(0.0, 0.0, 0.0, float("inf"))
        for _ in range(8):
            before = time.monotonic()
            monotonic, realtime = self.ask("clock")
            after = time.monotonic()
            middle, error = (before + after) / 2, (after - before) / 2
            if error < best.error:
                best = Clock(monotonic, middle - monotonic, middle - realtime, error)
        return best

    def close(self) -> None:
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._socket.close()
