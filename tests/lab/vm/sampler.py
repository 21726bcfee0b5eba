# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs in the machine: every 20 ms the adapters' counters, and how far the senders there have come.

sampler.py RECORD...: one line of JSON each time: [CLOCK_MONOTONIC, /proc/net/dev, [sent by each record's owner]].
"""

import json
import mmap
import struct
import sys
import time

STEP = 0.02
COUNT = struct.Struct("=8s2Q")  # the beginning of struct Record of tests/tools/traffic.h


def main() -> None:
    maps = []
    for path in sys.argv[1:]:
        with open(path, "r+b") as file:
            maps.append(mmap.mmap(file.fileno(), COUNT.size))
    due = time.monotonic()
    with open("/proc/net/dev") as file:
        while True:
            file.seek(0)
            text = file.read()
            counts = [COUNT.unpack_from(mapped)[2] for mapped in maps]
            sys.stdout.write(json.dumps([time.monotonic(), text, counts]) + "\n")
            sys.stdout.flush()
            due = max(due + STEP, time.monotonic())
            time.sleep(max(0.0, due - time.monotonic()))


if __name__ == "__main__":
    main()
