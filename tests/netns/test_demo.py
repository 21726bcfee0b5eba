#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The demo itself: each scenario keeps its promise, says so in one line, and leaves nothing behind."""

import os
import signal
import subprocess
import time
import unittest
import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab import cage, case  # noqa: E402
from lab.demo import DEMO, DemoCase  # noqa: E402

class Demo(DemoCase):
    def test_optics(self) -> None:
        line = self.run_demo("--quiet")
        self.assertEqual(line["scenario"], "optics")
        self.assert_nothing_wrong(
            line, "lost_before_detection", "lost_by_move", "lost_after", "duplicated", "reordered"
        )
        self.assertEqual((line["split"], line["egress_on_primary_in_split"]), ("yes", "yes"), line)
        self.assertGreater(int(line["sent"]), 200000)
        for name in ("detect_ms", "prime_ms", "ingress_ms", "egress_ms"):
            self.assertGreaterEqual(float(line[name]), 0)

    def test_optics_at_50000(self) -> None:
        line = self.run_demo("--pps", "50000")
        self.assert_nothing_wrong(
            line, "lost_before_detection", "lost_by_move", "lost_after", "duplicated", "reordered"
        )

    def test_gray(self) -> None:
        line = self.run_demo("gray")
        self.assert_nothing_wrong(line, "lost_by_move", "lost_after", "duplicated", "reordered")
        self.assertGreater(int(line["lost_before_detection"]), 0, "nothing was lost: the wire was not lossy")

    def test_cut(self) -> None:
        line = self.run_demo("cut")
        self.assert_nothing_wrong(line, "lost_by_move", "lost_after", "duplicated")
        # none at all when the move is quicker than the next frame
        lost = int(line["lost_before_detection"])
        self.assertEqual(float(line["outage_ms"]) > 0, lost > 0, f"an outage without a loss, or the reverse: {line}")


def machine() -> dict[str, list[str]]:
    """What a run could leave on the machine."""
    return {
        "links": sorted(os.listdir("/sys/class/net")),
        "namespaces": sorted(os.listdir("/run/netns")) if os.path.isdir("/run/netns") else [],
        "bpffs": sorted(os.listdir("/sys/fs/bpf")),
        "mounts": [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()],
    }

def processes_in(pid_namespace: str) -> list[str]:
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if os.readlink(entry / "ns/pid") == pid_namespace:
                found.append(entry.name)
        except OSError:
            pass
    return found

class Interrupted(unittest.TestCase):
    """Ended before its time, it leaves the machine as it found it."""

    @classmethod
    def setUpClass(cls) -> None:
        cage.make_mounts_private()  # what is found afterwards is the demo's

    def interrupt(self, number: signal.Signals, group: bool) -> int:
        before = machine()
        demo = subprocess.Popen(
            [DEMO], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, start_new_session=True
        )
        for line in demo.stdout:
            if line.startswith("traffic:"):
                break
        cage = os.readlink(f"/proc/{demo.pid}/ns/pid_for_children")
        time.sleep(1)
        self.assertGreater(len(processes_in(cage)), 4, "the demo's processes were not found")
        (os.killpg if group else os.kill)(demo.pid, number)
        demo.stdout.read()
        code = demo.wait(timeout=20)
        deadline = time.monotonic() + 5
        while processes_in(cage) and time.monotonic() < deadline:
            time.sleep(0.1)
        self.assertEqual(processes_in(cage), [])
        self.assertEqual(machine(), before)
        return code

    def test_interrupt_from_the_terminal(self) -> None:
        self.assertEqual(self.interrupt(signal.SIGINT, group=True), 130)

    def test_terminated(self) -> None:
        self.assertEqual(self.interrupt(signal.SIGTERM, group=False), 130)

    def test_killed(self) -> None:
        self.assertEqual(self.interrupt(signal.SIGKILL, group=False), -signal.SIGKILL)

if __name__ == "__main__":
    case.main(caged=False)
