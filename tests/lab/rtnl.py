# SPDX-License-Identifier: LGPL-2.1-or-later
"""Somebody else on the host who holds RTNL, the lock that all network configuration takes, for a given time.

An ethtool request of a device writes its answer to the caller's memory under that lock (net/ethtool/ioctl.c,
dev_ethtool()). Here the answer's page is one of userfaultfd(2): it is there when we say so, and until then the request
waits, holding the lock. Should we end meanwhile, the kernel ends the wait.
"""

import ctypes
import fcntl
import mmap
import os
import platform
import socket
import struct
import threading
import time

_SYSCALL = {"x86_64": 323, "aarch64": 282}  # __NR_userfaultfd
_UFFD_API, _UFFDIO_API = 0xAA, 0xC018AA3F
_UFFDIO_REGISTER, _UFFDIO_ZEROPAGE, _REGISTER_MISSING = 0xC020AA00, 0xC020AA04, 1
_SIOCETHTOOL, _ETHTOOL_GLINK = 0x8946, 0x0000000A
_libc = ctypes.CDLL(None, use_errno=True)


class RtnlHolder:
    """Holds it again and again, from now on until closed; in the caller's network namespace, with a socket alone."""

    def __init__(self, hold: float = 0.9, pause: float = 0.1) -> None:
        """hold, pause: seconds."""
        self.held: list[float] = []
        self._hold, self._pause = hold, pause
        self._uffd = _libc.syscall(_SYSCALL.get(platform.machine(), -1), os.O_CLOEXEC)
        if self._uffd < 0:
            raise OSError(ctypes.get_errno(), "userfaultfd")
        fcntl.ioctl(self._uffd, _UFFDIO_API, bytearray(struct.pack("QQQ", _UFFD_API, 0, 0)))
        # the request ends with the first page, and its answer begins with the second one
        self._memory = mmap.mmap(-1, 2 * mmap.PAGESIZE, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        self._page = ctypes.addressof(ctypes.c_char.from_buffer(self._memory)) + mmap.PAGESIZE
        fcntl.ioctl(self._uffd, _UFFDIO_REGISTER, bytearray(self._range(_REGISTER_MISSING)))
        self._socket = socket.socket()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _range(self, flags: int) -> bytes:
        return struct.pack("QQQQ", self._page, mmap.PAGESIZE, flags, 0)

    def _ask(self) -> None:
        """Returns when its answer's page is there."""
        command = self._page - 4
        ctypes.memmove(command, struct.pack("I", _ETHTOOL_GLINK), 4)
        request = ctypes.create_string_buffer(struct.pack("16sQ16x", b"lo", command))
        _libc.ioctl(self._socket.fileno(), _SIOCETHTOOL, request)

    def _run(self) -> None:
        while not self._stop.is_set():
            asking = threading.Thread(target=self._ask)
            asking.start()
            os.read(self._uffd, 32)  # a message comes when the request has come to the answer, and has the lock
            began = time.monotonic()
            self._stop.wait(self._hold)
            fcntl.ioctl(self._uffd, _UFFDIO_ZEROPAGE, bytearray(self._range(0)))
            self.held.append(time.monotonic() - began)
            asking.join()
            self._memory.madvise(mmap.MADV_DONTNEED, mmap.PAGESIZE, mmap.PAGESIZE)
            self._stop.wait(self._pause)

    def close(self) -> None:
        self._stop.set()
        self._thread.join()
        self._socket.close()
        os.close(self._uffd)
