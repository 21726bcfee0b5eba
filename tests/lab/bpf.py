# SPDX-License-Identifier: LGPL-2.1-or-later
"""BPF programs on devices, and their maps, read and written with the bpf(2) system call: microseconds, where a bpftool
takes its time."""

import ctypes
import os
import platform
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from . import build
from .cage import BPF, libc
from .namespaces import Namespace, run

SYS_BPF = {"x86_64": 321, "aarch64": 280, "riscv64": 280, "ppc64le": 361, "s390x": 351}
BPF_MAP_LOOKUP_ELEM = 1
BPF_MAP_UPDATE_ELEM = 2
BPF_OBJ_GET = 7


class _ObjectAttributes(ctypes.Structure):
    _fields_ = [("pathname", ctypes.c_uint64), ("bpf_fd", ctypes.c_uint32), ("file_flags", ctypes.c_uint32)]


class _ElementAttributes(ctypes.Structure):
    _fields_ = [
        ("map_fd", ctypes.c_uint32),
        ("padding", ctypes.c_uint32),
        ("key", ctypes.c_uint64),
        ("value", ctypes.c_uint64),
        ("flags", ctypes.c_uint64),
    ]


def _bpf(command: int, attributes: ctypes.Structure) -> int:
    number = SYS_BPF[platform.machine()]
    result = libc.syscall(number, command, ctypes.byref(attributes), ctypes.sizeof(attributes))
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, f"bpf command {command}: {os.strerror(error)}")
    return result


def object_get(path: Path) -> int:
    """A file descriptor of what is pinned there."""
    name = ctypes.create_string_buffer(str(path).encode())
    return _bpf(BPF_OBJ_GET, _ObjectAttributes(ctypes.addressof(name), 0, 0))


class ArrayMap:
    """A pinned array map of 64-bit words: `words` of them per element."""

    def __init__(self, path: Path, words: int) -> None:
        self.fd = object_get(path)
        self.words = words

    def _element(self, command: int, index: int, value: ctypes.Array) -> None:
        key = ctypes.c_uint32(index)
        _bpf(command, _ElementAttributes(self.fd, 0, ctypes.addressof(key), ctypes.addressof(value), 0))

    def get(self, index: int) -> list[int]:
        value = (ctypes.c_uint64 * self.words)()
        self._element(BPF_MAP_LOOKUP_ELEM, index, value)
        return list(value)

    def set(self, index: int, *numbers: int) -> None:
        self._element(BPF_MAP_UPDATE_ELEM, index, (ctypes.c_uint64 * self.words)(*numbers))


@contextmanager
def attached(namespace: Namespace, device: str, name: str, egress: str, ingress: str) -> Iterator[Path]:
    """Two programs of an object on the device, which keeps them from now on. Yields the folder with the object's maps,
    to be opened there and then: the pins go, so that a device of the same name can come again."""
    folder = BPF / f"{namespace.name}-{device}"
    programs, maps = folder / "programs", folder / "maps"
    folder.mkdir()
    try:
        run("bpftool", "prog", "loadall", build.tool(name), programs, "type", "classifier", "pinmaps", maps)
        namespace.run("tc", "qdisc", "add", "dev", device, "clsact")
        for hook, program in (("egress", egress), ("ingress", ingress)):
            namespace.run("tc", "filter", "add", "dev", device, hook, "bpf", "da", "pinned", programs / program)
        yield maps
    finally:
        shutil.rmtree(folder)
