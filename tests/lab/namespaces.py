# SPDX-License-Identifier: LGPL-2.1-or-later
"""One network namespace, and commands and threads inside it."""

import itertools
import os
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import IO

from . import build
from .cage import CLONE_NEWNET, check, libc
from .record import Record

_numbers = itertools.count(1)


def run(*command: str | Path, stdin: str | None = None) -> str:
    """Runs a command, returns its output; an error says what it said."""
    done = subprocess.run([str(word) for word in command], input=stdin, text=True, capture_output=True)
    if done.returncode != 0:
        words = " ".join(str(word) for word in command)
        raise RuntimeError(f"{words}: exit {done.returncode}: {(done.stderr or done.stdout).strip()}")
    return done.stdout


class Namespace:
    """A network namespace with loopback up; named in /run/netns of the cage."""

    def __init__(self, role: str) -> None:
        self.name = f"primed-{os.getpid()}-{next(_numbers)}-{role}"
        self.path = Path("/run/netns") / self.name
        self._processes: list[subprocess.Popen] = []
        run("ip", "netns", "add", self.name)
        self.ip("link", "set", "lo", "up")

    def ip(self, *words: str) -> str:
        return run("ip", "-n", self.name, *words)

    def run(self, *command: str | Path) -> str:
        return run(*self._inside(command))

    def sysctl(self, **values: int) -> None:
        """net.* settings, dots written as double underscores."""
        self.run("sysctl", "-qw", *(f"net.{key.replace('__', '.')}={value}" for key, value in values.items()))

    def start(
        self,
        *command: str | Path,
        environment: dict[str, str] | None = None,
        stdout: int | IO | None = None,
        stderr: int | IO | None = None,
        own_sys: bool = False,
    ) -> subprocess.Popen:
        """Starts a process inside, out of reach of the terminal's Ctrl-C; own_sys: with the namespace's /sys."""
        words = list(self._inside(command))
        if own_sys:
            script = 'mount -t sysfs sysfs /sys && exec "$@"'
            unshare = ["unshare", "--mount", "--propagation", "private", "sh", "-c", script, "sh"]
            words[2:2] = unshare
        process = subprocess.Popen(
            words,
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            env={**os.environ, **(environment or {})},
            start_new_session=True,
            text=True,
        )
        self._processes.append(process)
        return process

    def _inside(self, command: tuple[str | Path, ...]) -> list[str]:
        # not `ip netns exec`: that mounts a fresh /sys, which hides what is mounted below it
        return ["nsenter", f"--net={self.path}", *(str(word) for word in command)]

    def tool(self, name: str) -> Path:
        """Where that one of tests/tools is, for processes started inside."""
        return build.tool(name)

    def open_record(self, path: Path) -> Record:
        return Record(path)

    def thread(self, function: Callable[[], None]) -> threading.Thread:
        """A thread that lives inside: its sockets and its /proc/thread-self/net are the namespace's."""

        def inside() -> None:
            fd = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
            check(libc.setns(fd, CLONE_NEWNET), "setns")
            os.close(fd)
            function()

        return threading.Thread(target=inside, daemon=True)

    def delete(self) -> None:
        for process in self._processes:
            if process.poll() is None:
                process.kill()
                process.wait()
        run("ip", "netns", "del", self.name)
