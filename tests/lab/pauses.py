# SPDX-License-Identifier: LGPL-2.1-or-later
"""When a processor of this machine kept a ready program waiting: what a test that fails just then found out about
primed, or about the machine, cannot be told. A witness on each processor sleeps for a moment, again and again, and
notes how much later than asked it woke up."""

import math
import mmap
import os
import struct
import time

# how long a witness sleeps, in seconds
STEP = 0.005
# The least that counts, in seconds: half of the time after which a probe may be given up (PROBE_TIMEOUT_MIN of
# core/probe-ledger.h), and longer than it takes while both processors compile.
PAUSE = 0.010
# pauses that are remembered for each processor
REMEMBERED = 512

_PAUSE = struct.Struct("dd")  # its end, and how long it was
_SIZE = REMEMBERED * _PAUSE.size
_begun: list["Pauses"] = []


def watch() -> None:
    """From now on. To be called before there are threads; the witnesses end with this process."""
    _begun.append(Pauses())


def words(since: float, until: float = math.inf) -> str:
    """What there was between two times of time.monotonic() that were watched; empty if there was no pause."""
    longest = max((pauses.longest(since, until) for pauses in _begun), default=0.0)
    return f"a processor kept programs waiting for {1000 * longest:.0f} ms" if longest else ""


class Pauses:
    """Those from now on."""

    def __init__(self) -> None:
        self._processors = sorted(os.sched_getaffinity(0))
        self._noted = mmap.mmap(-1, _SIZE * len(self._processors))  # shared with the witnesses
        parent = os.getpid()
        for position, processor in enumerate(self._processors):
            if os.fork() == 0:
                try:
                    self._watch(position, processor, parent)
                finally:
                    os._exit(0)

    def _watch(self, position: int, processor: int, parent: int) -> None:
        os.sched_setaffinity(0, {processor})
        n = 0
        while os.getppid() == parent:
            due = time.monotonic() + STEP
            time.sleep(STEP)
            now = time.monotonic()
            if now - due >= PAUSE:
                _PAUSE.pack_into(self._noted, position * _SIZE + n % REMEMBERED * _PAUSE.size, now, now - due)
                n += 1

    def longest(self, since: float, until: float) -> float:
        """In seconds, 0 if there was none."""
        found = _PAUSE.iter_unpack(self._noted[:])
        return max((length for end, length in found if end >= since and end - length <= until), default=0.0)
