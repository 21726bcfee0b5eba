# SPDX-License-Identifier: LGPL-2.1-or-later
"""Process and mount namespaces of our own, entered once at the start of a program.

Every process of the laboratory lives in a process namespace whose first process we are: when we end, by whatever
cause (kill -9 included), the kernel ends all of them, and with them the network namespaces, bpffs, sockets and
files, which are only mounted in here. The machine's /run, /run/netns and /sys/fs/bpf are never touched.
"""

import ctypes
import os
import shutil
import signal
import sys
from pathlib import Path
from types import FrameType

CLONE_NEWNS = 0x00020000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000
MS_REC = 0x4000
MS_PRIVATE = 0x40000
PR_SET_PDEATHSIG = 1

# all of the laboratory's files, on a tmpfs of its own
ROOT = Path("/run/lab")
BPF = ROOT / "bpf"

libc = ctypes.CDLL(None, use_errno=True)


def check(result: int, what: str) -> None:
    if result != 0:
        error = ctypes.get_errno()
        raise OSError(error, f"{what}: {os.strerror(error)}")


def mount(source: str, target: Path, kind: str, flags: int = 0) -> None:
    check(libc.mount(source.encode(), str(target).encode(), kind.encode(), flags, None), f"mount {target}")


def make_mounts_private() -> None:
    """From now on nobody else's mounts come and go in here."""
    check(libc.unshare(CLONE_NEWNS), "unshare")
    check(libc.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None), "make mounts private")


def enter() -> None:
    """Moves into a cage. Returns in the process that is inside; the outer one waits for it and exits like it."""
    if os.geteuid() != 0:
        sys.exit("needs root: network namespaces, tc and BPF")
    sys.stdout.flush()
    sys.stderr.flush()
    check(libc.unshare(CLONE_NEWNS | CLONE_NEWPID), "unshare")
    child = os.fork()
    if child > 0:
        _wait_for(child)
    check(libc.prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0), "prctl")
    check(libc.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None), "make mounts private")
    mount("proc", Path("/proc"), "proc")
    mount("tmpfs", Path("/run"), "tmpfs")
    for path in (Path("/run/netns"), Path("/run/lock"), BPF):
        path.mkdir(parents=True)
    mount("bpf", BPF, "bpf")
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)


def _wait_for(child: int) -> None:
    def forward(number: int, frame: FrameType | None) -> None:
        os.kill(child, number)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, forward)
    _, status = os.waitpid(child, 0)
    os._exit(os.waitstatus_to_exitcode(status) & 0xFF)


def _interrupt(number: int, frame: FrameType | None) -> None:
    # once: the terminal tells the whole group, and the outer process tells us again
    for other in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(other, signal.SIG_IGN)
    raise KeyboardInterrupt


def clean() -> None:
    """Back to an empty cage: for the next test in the same process."""
    for path in ROOT.iterdir():
        if path.is_file() or path.is_socket():
            path.unlink()
        elif path != BPF:
            shutil.rmtree(path)
    for path in BPF.iterdir():
        if path.is_dir():  # the kernel's own files at the top cannot be removed
            shutil.rmtree(path)
