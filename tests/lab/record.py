# SPDX-License-Identifier: LGPL-2.1-or-later
"""The record file that each end of a stream of traffic keeps: struct Record of tests/tools/traffic.h."""

import mmap
import struct
from pathlib import Path

HEADER = struct.Struct("=8s15Q")
COUNT = 2  # index in the unpacked header: sent, or arrived for the first time


class Record:
    """A record on this machine, of a process that has said that it is ready."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with open(path, "r+b") as file:
            self._map = mmap.mmap(file.fileno(), HEADER.size)

    @property
    def count(self) -> int:
        """As of now."""
        return HEADER.unpack_from(self._map)[COUNT]

    def fetch(self) -> Path:
        """A file of this machine with what the record holds, in this machine's time."""
        return self._path

    def delete(self) -> None:
        self._path.unlink()
