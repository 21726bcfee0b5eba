# SPDX-License-Identifier: LGPL-2.1-or-later
"""The demo's view while it runs: a few lines redrawn on a terminal, plain lines elsewhere, or nothing."""

import os
import shutil
import sys
import time
from typing import Any

from .timeline import Rate

BAR = 24


class Screen:
    def __init__(self, quiet: bool) -> None:
        self.quiet = quiet
        self.live = not quiet and sys.stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb"
        self.colour = self.live and "NO_COLOR" not in os.environ
        self.utf8 = (sys.stdout.encoding or "").lower().startswith("utf")
        self._drawn = 0
        self._last = 0.0

    def say(self, text: str) -> None:
        """A line that stays."""
        if self.quiet:
            return
        self._clear()
        print(text, flush=True)

    def show(self, seconds: float, status: dict[str, Any], rate: Rate | None, pps: int, missing: int) -> None:
        """The moment: at most five times a second on a terminal, every two seconds as plain lines."""
        now = time.monotonic()
        if self.quiet or rate is None or now - self._last < (0.2 if self.live else 2.0):
            return
        self._last = now
        if not self.live:
            counts = "  ".join(f"{n} rx {rate.rx[n] / 1000:5.1f}k tx {rate.tx[n] / 1000:5.1f}k" for n in ("A", "B"))
            print(f"{seconds:8.1f} s  {status.get('state', '?'):11}  {counts}  missing {missing}", flush=True)
            return
        lines = self._lines(seconds, status, rate, pps, missing)
        self._clear()
        width = shutil.get_terminal_size().columns
        sys.stdout.write("".join(f"{line[:width + 40]}\n" for line in lines))
        sys.stdout.flush()
        self._drawn = len(lines)

    def _lines(self, seconds: float, status: dict, rate: Rate, pps: int, missing: int) -> list[str]:
        head = (
            f"{seconds:6.1f} s  {self._strong(status.get('state', '?'))}   serving {status.get('serving', '?')}   "
            f"in {status.get('ingress', '?')}   out {status.get('egress', '?')}   "
            f"risk {float(status.get('risk') or 0):.2f}   not arrived {missing}"
        )
        lines = [head]
        for name in ("A", "B"):
            lines.append(f"  {name}  in {self._bar(rate.rx[name], pps)}   out {self._bar(rate.tx[name], pps)}")
        lines += [f"  {describe(evidence)}" for evidence in (status.get("evidence") or [])[:3]]
        return lines

    def _bar(self, value: float, pps: int) -> str:
        full, empty = ("█", "·") if self.utf8 else ("#", ".")
        filled = min(round(value / pps * BAR * 0.8), BAR)
        return f"{full * filled}{empty * (BAR - filled)} {value / 1000:6.1f}k/s"

    def _strong(self, text: str) -> str:
        return f"\033[1m{text:11}\033[0m" if self.colour else f"{text:11}"

    def _clear(self) -> None:
        if self._drawn:
            sys.stdout.write(f"\033[{self._drawn}A\033[J")
            self._drawn = 0


def describe(evidence: dict[str, Any]) -> str:
    """One piece of evidence as primectl tells it, for people."""
    return f"{evidence.get('adapter', '?')}: {evidence.get('text') or evidence.get('signal', '?')}"
