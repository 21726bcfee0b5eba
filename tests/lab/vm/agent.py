# SPDX-License-Identifier: LGPL-2.1-or-later
"""The end of the control line that runs in the machine: starts processes and passes on what they say.

One JSON object per line each way. A request has an `id` of the asker's choosing and a `do`; what comes of it has
the same `id`: any number of `out` and `err` (base64), then one `exit`; or one `value`; or one `error`.
"""

import base64
import json
import os
import signal
import subprocess
import sys
import threading
import time
from typing import Any

PORT = "/dev/virtio-ports/lab"
CHUNK = 32768


class Agent:
    def __init__(self, port: int) -> None:
        self._port = port
        self._writing = threading.Lock()
        self._processes: dict[int, subprocess.Popen] = {}

    def serve(self) -> None:
        self._say(0, value="ready")
        pending = b""
        while True:
            data = os.read(self._port, CHUNK)
            if not data:
                time.sleep(0.05)  # nobody at the other end
                continue
            *lines, pending = (pending + data).split(b"\n")
            for line in lines:
                self._handle(json.loads(line))

    def _say(self, number: int, **words: Any) -> None:
        line = json.dumps({"id": number, **words}).encode() + b"\n"
        with self._writing:
            while line:
                line = line[os.write(self._port, line) :]

    def _handle(self, request: dict[str, Any]) -> None:
        number = request["id"]
        try:
            getattr(self, f"_do_{request['do']}")(number, request)
        except Exception as error:  # whatever it is, the asker is to know
            self._say(number, error=f"{type(error).__name__}: {error}")

    def _do_start(self, number: int, request: dict[str, Any]) -> None:
        stdin = request.get("stdin")
        process = subprocess.Popen(
            request["command"],
            stdin=subprocess.PIPE if stdin is not None else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, **request.get("environment", {})},
            start_new_session=True,
        )
        self._processes[number] = process
        threads = [
            threading.Thread(target=self._pass_on, args=(number, stream, name), daemon=True)
            for name, stream in (("out", process.stdout), ("err", process.stderr))
        ]
        for thread in threads:
            thread.start()
        threading.Thread(target=self._wait, args=(number, process, threads), daemon=True).start()
        if stdin is not None:
            threading.Thread(target=self._feed, args=(process, base64.b64decode(stdin)), daemon=True).start()

    def _feed(self, process: subprocess.Popen, data: bytes) -> None:
        try:
            process.stdin.write(data)
            process.stdin.close()
        except BrokenPipeError:
            pass

    def _pass_on(self, number: int, stream: Any, name: str) -> None:
        while data := os.read(stream.fileno(), CHUNK):
            self._say(number, **{name: base64.b64encode(data).decode()})

    def _wait(self, number: int, process: subprocess.Popen, threads: list[threading.Thread]) -> None:
        code = process.wait()
        for thread in threads:
            # what it left running in the background may keep its output open: that is not waited for
            thread.join(timeout=0.5)
        self._processes.pop(number, None)
        self._say(number, exit=code)

    def _do_signal(self, number: int, request: dict[str, Any]) -> None:
        """To the process that was started with that id, and to all of its session when it is to die."""
        process = self._processes.get(request["process"])
        if process:
            if request["signal"] == signal.SIGKILL:
                os.killpg(process.pid, signal.SIGKILL)
            else:
                process.send_signal(request["signal"])
        self._say(number, value=process is not None)

    def _do_read(self, number: int, request: dict[str, Any]) -> None:
        with open(request["path"], "rb") as file:
            file.seek(request.get("offset", 0))
            data = file.read(request["size"])
        self._say(number, value=base64.b64encode(data).decode())

    def _do_write(self, number: int, request: dict[str, Any]) -> None:
        os.makedirs(os.path.dirname(request["path"]), exist_ok=True)
        with open(request["path"], "ab" if request.get("append") else "wb") as file:
            file.write(base64.b64decode(request["data"]))
        if "mode" in request:
            os.chmod(request["path"], request["mode"])
        self._say(number, value=True)

    def _do_clock(self, number: int, request: dict[str, Any]) -> None:
        self._say(number, value=[time.monotonic(), time.time()])


def main() -> None:
    while not os.path.exists(PORT):
        time.sleep(0.1)
    Agent(os.open(PORT, os.O_RDWR | os.O_CLOEXEC)).serve()


if __name__ == "__main__":
    sys.exit(main())
