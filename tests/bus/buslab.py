# SPDX-License-Identifier: LGPL-2.1-or-later
"""A private bus with a fake primed on it, and a few ways to look at both. No system bus is touched."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type>
  <listen>unix:path={directory}/bus</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/>
    {rules}
    <allow send_type="signal"/>
    <allow send_requested_reply="true" send_type="method_return"/>
    <allow send_requested_reply="true" send_type="error"/>
    <allow receive_type="method_call"/><allow receive_type="method_return"/>
    <allow receive_type="error"/><allow receive_type="signal"/>
  </policy>
  {includes}
</busconfig>
"""
OPEN = '<allow own="*"/><allow send_type="method_call"/>'
# As Debian's system bus: nothing is allowed unless a service's own file says so.
CLOSED = """<deny own="*"/><deny send_type="method_call"/>
    <allow own="org.freedesktop.PolicyKit1"/><allow send_destination="org.freedesktop.PolicyKit1"/>
    <allow send_destination="org.freedesktop.DBus"/>"""

NAME = "org.primed.Primed1"
ROOT = "/org/primed/Primed1"


def pair(name):
    return f"{ROOT}/pair/{name}"


def adapter(name):
    return f"{ROOT}/adapter/{name}"


class Lab:
    """with Lab() as lab: ..."""

    def __init__(self, closed=False):
        self.directory = tempfile.mkdtemp(prefix="primed-bus-")
        os.chmod(self.directory, 0o755)
        self.policies = os.path.join(self.directory, "policies")
        os.mkdir(self.policies)
        includes = f"<include>{os.environ['SOURCE_ROOT']}/data/{NAME}.conf</include>" if closed else ""
        self.config = os.path.join(self.directory, "bus.conf")
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(CONFIG.format(directory=self.directory, rules=CLOSED if closed else OPEN,
                                     includes=includes))
        os.environ["DBUS_SYSTEM_BUS_ADDRESS"] = f"unix:path={self.directory}/bus"
        os.environ["LC_ALL"] = "C.UTF-8"
        os.environ["TZ"] = "UTC"
        self.processes = []
        self.daemon = self.bus = None

    def start_bus(self):
        self.bus = self.spawn(["dbus-daemon", "--nofork", f"--config-file={self.config}"],
                              stderr=subprocess.DEVNULL)
        self.until(lambda: os.path.exists(f"{self.directory}/bus"), "a bus")

    def start_daemon(self):
        self.daemon = self.spawn([os.environ["FAKE_PRIMED"], f"--policy-dir={self.policies}"])
        self.until(self.is_up, "primed on the bus")

    def is_up(self):
        return subprocess.run(["busctl", "get-property", NAME, ROOT, NAME + ".Manager", "Version"],
                              capture_output=True, check=False).returncode == 0

    def __enter__(self):
        try:
            self.start_bus()
            self.start_daemon()
        except BaseException:
            self.stop_all()
            raise
        return self

    def stop_all(self):
        for process in self.processes:
            self.stop(process)
        shutil.rmtree(self.directory, ignore_errors=True)

    def spawn(self, command, **kwargs):
        process = subprocess.Popen(command, **kwargs)
        self.processes.append(process)
        return process

    def stop(self, process):
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        return process.wait(10)

    def __exit__(self, kind, value, trace):
        status = self.stop(self.daemon)
        self.stop_all()
        if kind is None and status != 0:  # sanitizers speak through this too
            raise AssertionError(f"primed ended with {status}")

    @staticmethod
    def until(condition, what, seconds=10):
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                raise AssertionError(f"no {what} within {seconds} s")
            time.sleep(0.02)

    @staticmethod
    def call(path, interface, member, *arguments, prefix=()):
        """The answer's data, or the error's (name, text)."""
        result = subprocess.run(
            [*prefix, "busctl", "--json=short", "--timeout=5", "call", "--", NAME, path,
             interface if "." in interface else f"{NAME}.{interface}", member, *arguments],
            capture_output=True, text=True, check=False)
        if result.returncode == 0:
            return json.loads(result.stdout)["data"] if result.stdout.strip() else []
        return result.stderr.strip()

    @staticmethod
    def properties(path, interface):
        return {key: value["data"] for key, value in
                Lab.call(path, "org.freedesktop.DBus.Properties", "GetAll", "s", f"{NAME}.{interface}")[0].items()}

    def signals(self):
        return Signals(self)


class Signals:
    """with lab.signals() as signals: ... ; then signals.seen is what primed sent: (path, member, data)."""

    def __init__(self, lab):
        self.lab = lab
        self.seen = []

    def __enter__(self):
        self.file = tempfile.TemporaryFile("w+")
        self.process = self.lab.spawn(["busctl", "--json=short", "monitor", NAME], stdout=self.file,
                                      stderr=subprocess.DEVNULL)
        # it is there once it hears us
        self.lab.until(self.hears, "monitor")
        return self

    def hears(self):
        self.lab.call(ROOT, "org.freedesktop.DBus.Peer", "Ping")
        return any('"Ping"' in line for line in self.lines())

    def lines(self):
        self.file.seek(0)
        return self.file.readlines()

    def __exit__(self, *_):
        # signals are in order, so what came before this was heard when this is
        self.lab.call(ROOT, "org.freedesktop.DBus.Peer", "GetMachineId")
        self.lab.until(lambda: any('"GetMachineId"' in line for line in self.lines()), "end of monitor")
        self.lab.stop(self.process)
        for line in self.lines():
            message = json.loads(line)
            if message.get("type") == "signal":
                self.seen.append((message["path"], message["member"], message["payload"]["data"]))

    def of(self, member, path=None):
        return [data for where, what, data in self.seen if what == member and path in (None, where)]

    def changed(self, path):
        """The names in PropertiesChanged of an object: changed and invalidated."""
        names = set()
        for _, values, invalid in self.of("PropertiesChanged", path):
            names |= set(values) | set(invalid)
        return names


def run(tests, lab):
    """Runs functions, in order; exits 1 if one failed."""
    failed = 0
    for test in tests:
        try:
            test(lab)
            print("ok", test.__name__)
        except Exception as error:  # pylint: disable=broad-except
            failed += 1
            print("not ok", test.__name__, "-", type(error).__name__, error)
    sys.stdout.flush()
    if failed:
        raise AssertionError(f"{failed} failed")


def equal(got, want):
    if got != want:
        raise AssertionError(f"got {got!r}, want {want!r}")


def contains(text, *parts):
    for part in parts:
        if part not in text:
            raise AssertionError(f"{part!r} is not in {text!r}")
