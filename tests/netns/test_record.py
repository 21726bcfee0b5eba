#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a live pair was told, recorded and replayed: the same evidence at the same times, and the same move."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab import build, case  # noqa: E402
from lab.cage import ROOT  # noqa: E402
from lab.case import LabCase  # noqa: E402
from lab.daemon import wait_until  # noqa: E402

OK, NOT_RUNNING = 0, 8
TRACE = ROOT / "trace.csv"


class Record(LabCase):
    def record(self, *words: str) -> subprocess.Popen:
        """primectl that records the pair to TRACE, begun."""
        TRACE.unlink(missing_ok=True)
        recorder = subprocess.Popen(
            [build.program("primectl"), "--json=short", "record", "lan", str(TRACE), *words],
            env={**os.environ, **self.daemon.bus.environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.addCleanup(recorder.kill)
        wait_until(lambda: TRACE.exists() and "rx-packets" in TRACE.read_text(), 10, "nothing is recorded")
        return recorder

    def finish(self, recorder: subprocess.Popen, code: int = OK) -> dict[str, Any]:
        out, err = recorder.communicate(timeout=10)
        self.assertEqual(recorder.returncode, code, err)
        summary = json.loads(out)
        self.assertEqual(summary["dropped"], 0, summary)
        self.assertGreater(summary["samples"], 50, summary)
        return summary

    def replay(self) -> dict[str, Any]:
        """What primectl makes of TRACE with the daemon's own policy, and no daemon."""
        done = subprocess.run(
            [build.program("primectl"), "--json=short", "replay", str(TRACE),
             f"--policy={self.daemon.policies / 'lan.yaml'}", f"--svg={ROOT / 'trace.svg'}"],
            env={**os.environ, "DBUS_SYSTEM_BUS_ADDRESS": "unix:path=/nonexistent"},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )  # fmt: skip
        self.assertEqual(done.returncode, OK, done.stderr)
        self.assertIn("</svg>", (ROOT / "trace.svg").read_text())
        return json.loads(done.stdout)

    def live(self, since: float) -> list[tuple[str, str, str, float]]:
        """Evidence that the daemon told: adapter, signal, level, value."""
        return [
            (event.adapter, event.fields["PRIMED_SIGNAL"], event.fields["PRIMED_LEVEL"],
             float(event.fields["PRIMED_VALUE"]))
            for event in self.daemon.events
            if event.kind == "evidence-raised" and event.at > since
        ]  # fmt: skip

    def test_same_evidence(self) -> None:
        self.start()
        before = time.monotonic()
        recorder = self.record()
        time.sleep(1)
        self.lab.adapters["A"].wire.lose(towards=0.3)
        status = self.daemon.wait_state("split")
        time.sleep(1)
        recorder.send_signal(signal.SIGINT)
        self.finish(recorder)
        lived, replay = self.live(before), self.replay()
        raised = [event for event in replay["events"] if event["kind"] == "raised"]
        again = [(event["adapter"], event["signal"], event["level"], event["value"]) for event in raised]
        print(f"# live {lived}\n# replayed {again}")
        self.assertTrue(any(level == "alarm" for _, _, level, _ in lived), lived)
        self.assertEqual([known[:3] for known in again], [known[:3] for known in lived])
        for was, seen in zip(lived, again, strict=True):
            self.assertAlmostEqual(seen[3], was[3], delta=abs(was[3]) * 1e-4)
        self.assert_same_time(status, next(event for event in raised if event["level"] == "alarm"))
        moves = [(event["kind"], event["adapter"]) for event in replay["events"]
                 if event["kind"] in ("split", "switch")]
        self.assertEqual(moves, [("split", "B")], replay["events"])
        self.assertEqual((replay["state"], replay["serving"], replay["pair"]), ("split", "A", "lan"))

    def assert_same_time(self, status: dict[str, Any], alarm: dict[str, Any]) -> None:
        """The alarm of the replay reached its level when that of the daemon did, by the samples' own time."""
        start = re.search(r"^# second 0 is @([0-9.]+)$", TRACE.read_text(), re.MULTILINE)
        assert start
        known = [one for one in status["evidence"] if one["level"] == "alarm" and one["signal"] == alarm["signal"]]
        self.assertEqual(len(known), 1, status["evidence"])
        self.assertAlmostEqual(float(start[1]) + alarm["since_us"] / 1e6, known[0]["since_us"] / 1e6, delta=0.02)

    def test_roles_are_kept(self) -> None:
        self.start()
        self.daemon.control("switch", "lan", "B")
        self.finish(self.record("--for=2s"))
        replay = self.replay()
        self.assertEqual((replay["serving"], replay["dropped"]), ("B", 0), replay)
        self.assertEqual([event for event in replay["events"] if event["kind"] in ("raised", "split", "switch")], [])

    def test_outlives_the_daemon(self) -> None:
        self.start()
        recorder = self.record()
        time.sleep(1)
        self.daemon.kill()
        self.finish(recorder, NOT_RUNNING)
        self.assertGreater(self.replay()["duration_us"], 500_000)
        self.daemon.start()

    def test_many_and_their_end(self) -> None:
        """Bounded; and who goes makes room."""
        self.start()
        command = [build.program("primectl"), "record", "lan"]
        environment = {**os.environ, **self.daemon.bus.environment}
        many = [
            subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
            for _ in range(16)
        ]
        for recorder in many:
            self.addCleanup(recorder.kill)
            self.assertTrue(recorder.stdout and recorder.stdout.readline().startswith(b"# pair lan, by primed"))
        over = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=20)
        self.assertEqual(over.returncode, 4, over.stderr)
        self.assertIn("16 recordings", over.stderr)
        many[0].kill()
        many[0].wait()
        self.finish(self.record("--for=1s"))
        for recorder in many:
            recorder.kill()
            recorder.communicate()


if __name__ == "__main__":
    case.main()
