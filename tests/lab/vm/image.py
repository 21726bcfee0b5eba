# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a machine boots from, made of the distribution's packages: QEMU, kernel, modules, a root disk. Cached.

A cached image is never written to: each machine has an overlay of its own, so many may run from it at once. The
image holds no primed; payload.py packs that into an archive the machine unpacks over its root at boot.
"""

import contextlib
import fcntl
import hashlib
import os
import platform
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .. import build
from . import kernel
from .apt import Unavailable, apt, run, source_files, suite, write_sources

# A folder that several work trees share; unset: build/vm of this one.
CACHE_VARIABLE = "PRIMED_VM_CACHE"
PACKAGES = build.REPOSITORY / "tests" / "packages-vm"
QEMU = "qemu-system-x86_64"

# what the first program needs to find the root disk
BOOT_MODULES = ("virtio_pci", "virtio_blk", "virtio_console", "ext4", "crc32c_generic", "crc32c_intel")
NOT_INSTALLED = ("/usr/share/doc/*", "/usr/share/man/*", "/usr/share/locale/*", "/usr/share/info/*")
DISK_SIZE = "2G"  # sparse

INIT = """\
#!/bin/busybox sh
# The first program: finds the root disk, lays what came with this boot over it, and hands over to systemd.
/bin/busybox mkdir -p /dev /proc /sys /root
/bin/busybox mount -t devtmpfs devtmpfs /dev
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sysfs /sys
for module in {modules}; do /bin/busybox modprobe -q $module; done
until [ -b /dev/vda ]; do /bin/busybox usleep 20000; done
/bin/busybox mount -t ext4 -o noatime /dev/vda /root || exec /bin/busybox sh
[ -d /payload ] && /bin/busybox cp -a /payload/. /root/
/bin/busybox umount /proc /sys
exec /bin/busybox switch_root /root /sbin/init
"""


@dataclass(frozen=True)
class Image:
    """kernel and initrd are files; disk is an ext4 file system, not to be written to."""

    kernel: Path
    initrd: Path
    disk: Path


def cache() -> Path:
    return Path(os.environ.get(CACHE_VARIABLE, build.REPOSITORY / "build" / "vm")).absolute()


def toolchains() -> Path:
    return cache() / "toolchains"


def sections() -> dict[str, list[str]]:
    """tests/packages-vm: packages by the name of their section, which is a line like [machine]."""
    found: dict[str, list[str]] = {}
    current: list[str] = []
    for line in PACKAGES.read_text().splitlines():
        word = line.partition("#")[0].strip()
        if word.startswith("["):
            current = found.setdefault(word.strip("[]"), [])
        elif word:
            current.append(word)
    return found


def prepare() -> Image:
    """The image, made if it is not there or its recipe changed; installs QEMU if need be. Needs root."""
    if os.geteuid() != 0:
        raise Unavailable("needs root for taps and namespaces")
    if platform.machine() != "x86_64":
        raise Unavailable(f"igb is emulated for x86_64 only, and this is {platform.machine()}")
    if not Path("/dev/net/tun").exists():
        raise Unavailable("no /dev/net/tun")
    cache().mkdir(parents=True, exist_ok=True)
    with _locked():
        if not _has_igb():
            _install_qemu()
        folder = cache() / f"image-{_key()}"
        if not folder.exists():
            _make(folder)
    return Image(folder / "vmlinuz", folder / "initrd.cpio", folder / "root.ext4")


@contextlib.contextmanager
def _locked() -> Iterator[None]:
    with open(cache() / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _key() -> str:
    """Changes with the recipe: these files, the packages, the suites."""
    files = [Path(__file__).with_name(name) for name in ("image.py", "kernel.py", "apt.py")] + [PACKAGES]
    words = [*(path.read_text() for path in files), suite(), kernel.suite()]
    return hashlib.sha256("\0".join(words).encode()).hexdigest()[:16]


def _has_igb() -> bool:
    if not shutil.which(QEMU):
        return False
    return '"igb"' in run(QEMU, "-device", "help")


def _install_qemu() -> None:
    """QEMU that has igb (8.0 and newer): the suite's own, else that of its backports. The machine's list of sources
    stays as it is: lists and sources of our own are used."""
    packages = sections()["emulator"]
    print(f"installing {' '.join(packages)}", flush=True)
    with contextlib.suppress(RuntimeError):
        if _version_of_candidate() >= 8:
            apt("install", "--no-install-recommends", *packages)
    if _has_igb():
        return
    own, sources = suite(), cache() / "sources"
    shutil.rmtree(sources, ignore_errors=True)
    sources.mkdir()
    for path in source_files():
        shutil.copy(path, sources / path.name)
    if not write_sources(sources, f"{own}-backports"):
        raise Unavailable(f"QEMU here has no igb, and no sources of {own} to derive its backports from")
    lists = cache() / "lists"
    (lists / "partial").mkdir(parents=True, exist_ok=True)
    options = (
        "-o", "Dir::Etc::sourcelist=/dev/null", "-o", f"Dir::Etc::sourceparts={sources}",
        "-o", f"Dir::State::lists={lists}", "-o", "Dir::Cache::pkgcache=", "-o", "Dir::Cache::srcpkgcache=",
    )  # fmt: skip
    try:
        apt("update", options=options)
        apt("install", "--no-install-recommends", "-t", f"{own}-backports", *packages, options=options)
    except RuntimeError as error:
        raise Unavailable(f"QEMU with igb (8.0 or newer) is not to be had from {own}-backports: {error}") from None
    if not _has_igb():
        raise Unavailable(f"QEMU of {own}-backports has no igb")


def _version_of_candidate() -> int:
    found = re.search(r"Candidate: (?:\d+:)?(\d+)", run("apt-cache", "policy", "qemu-system-x86"))
    return int(found.group(1)) if found else 0


def _make(folder: Path) -> None:
    """Into a folder beside it first, so that there is only ever a whole one."""
    print(f"making the virtual machine's image in {folder}", flush=True)
    work = folder.with_suffix(".new")
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    apt("update")
    apt("install", "--no-install-recommends", *sections()["tools"])
    made = kernel.fetch(work, toolchains())
    shutil.copy(made.image, work / "vmlinuz")
    _make_root(work)
    _make_initrd(work, made.version)
    for path in list(work.iterdir()):
        if path.is_dir():
            shutil.rmtree(path)
        elif path.suffix == ".deb":
            path.unlink()
    work.rename(folder)


def _make_root(work: Path) -> None:
    root = work / "root"
    options = [f"--dpkgopt=path-exclude={path}" for path in NOT_INSTALLED]
    names = [word for section in ("machine", "daemon") for word in sections()[section]]
    run(
        "mmdebstrap", "--variant=essential", "--quiet", *options, f"--include={','.join(names)}", suite(), root,
        *source_files(),
    )  # fmt: skip
    shutil.copytree(work / "unpacked/lib/modules", root / "usr/lib/modules", symlinks=True, dirs_exist_ok=True)
    (root / "etc/hostname").write_text("lab\n")
    (root / "etc/fstab").write_text("")
    (root / "etc/machine-id").write_text(hashlib.md5(b"primed laboratory").hexdigest() + "\n")
    # nothing that nobody here asked for
    for unit in ("getty@tty1.service", "serial-getty@ttyS0.service", "systemd-timesyncd.service", "apt-daily.timer",
                 "apt-daily-upgrade.timer", "NetworkManager.service", "NetworkManager-wait-online.service",
                 "e2scrub_all.timer", "dpkg-db-backup.timer", "fstrim.timer", "systemd-hwdb-update.service",
                 "e2scrub_reap.service", "ModemManager.service", "wpa_supplicant.service"):  # fmt: skip
        link = root / "etc/systemd/system" / unit
        link.unlink(missing_ok=True)
        link.symlink_to("/dev/null")
    disk = work / "root.ext4"
    run("mke2fs", "-q", "-t", "ext4", "-O", "^has_journal", "-E", "lazy_itable_init=1,nodiscard", "-d", root, disk,
         DISK_SIZE)


def _make_initrd(work: Path, version: str) -> None:
    folder = work / "initrd"
    (folder / "bin").mkdir(parents=True)
    shutil.copy(shutil.which("busybox") or "/bin/busybox", folder / "bin/busybox")
    base = work / "unpacked"
    known = (base / "lib/modules" / version / "modules.dep").read_text()
    for name in BOOT_MODULES:
        if f"/{name}.ko" not in known:  # built in, or no module of that kernel
            continue
        for line in run("modprobe", "-d", base, "-S", version, "--show-depends", name).splitlines():
            if line.startswith("insmod "):
                path = Path(line.split()[1])
                target = folder / path.relative_to(base)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, target)
    for name in ("modules.order", "modules.builtin"):
        shutil.copy(base / "lib/modules" / version / name, folder / "lib/modules" / version / name)
    run("depmod", "-b", folder, version)
    init = folder / "init"
    init.write_text(INIT.format(modules=" ".join(BOOT_MODULES)))
    init.chmod(0o755)
    pack(folder, work / "initrd.cpio")


def pack(folder: Path, archive: Path) -> None:
    """An archive as the kernel unpacks it at boot; owners are those of the files. Several may follow each other."""
    names = sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))
    with open(archive, "wb") as file:
        subprocess.run(
            ["cpio", "--create", "--format=newc", "--quiet"],
            cwd=folder, input="\n".join(names).encode(), stdout=file, check=True,
        )  # fmt: skip
