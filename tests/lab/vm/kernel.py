# SPDX-License-Identifier: LGPL-2.1-or-later
"""The kernel that a machine runs, and modules for it: the distribution's own, or by PRIMED_VM_KERNEL that of another of
its suites ("trixie-backports"), whose compiler then builds the modules, in a root of its own."""

import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from .apt import Unavailable, apt, run, write_sources

VARIABLE = "PRIMED_VM_KERNEL"

# Modules of the kernel that a machine without a screen, disks and radio has no use for.
UNUSED_MODULES = (
    "sound", "drivers/gpu", "drivers/media", "drivers/infiniband", "drivers/usb", "drivers/staging",
    "drivers/net/wireless", "drivers/iio", "drivers/scsi", "drivers/md", "drivers/hid", "drivers/input",
    "drivers/isdn", "drivers/video", "drivers/ata", "drivers/mtd", "drivers/target", "drivers/comedi",
    "drivers/bluetooth", "drivers/leds", "drivers/power", "drivers/firewire", "drivers/mmc", "drivers/edac",
    "net/bluetooth", "net/wireless", "net/mac80211", "net/sunrpc", "net/ceph", "net/rxrpc", "net/tipc",
    "fs/nfs", "fs/nfsd", "fs/btrfs", "fs/xfs", "fs/ceph", "fs/ocfs2", "fs/gfs2", "fs/f2fs", "fs/jfs", "fs/reiserfs",
    "fs/cifs", "fs/ksmbd", "fs/afs", "fs/ubifs", "fs/dlm", "fs/smbfs_common", "fs/ntfs3", "fs/ntfs", "fs/udf",
)  # fmt: skip
PACKAGES = ("image", "base", "binary", "modules")  # from Linux 7 on Debian's is in several


@dataclass(frozen=True)
class Kernel:
    """modules: a root with them, netdevsim among them."""

    version: str
    image: Path
    modules: Path


def suite() -> str:
    """Empty: the distribution's own."""
    return os.environ.get(VARIABLE, "")


def fetch(work: Path, toolchains: Path) -> Kernel:
    """In `work`, whose contents the result uses. toolchains: where roots to build in are kept."""
    if suite():
        version = _download_other(work, toolchains / suite())
    else:
        version = _download(work)
    base = work / "unpacked"
    for package in work.glob("*.deb"):
        run("dpkg-deb", "--extract", package, base)
    if not (base / "lib/modules").exists():
        (base / "lib").mkdir(exist_ok=True)
        (base / "usr/lib/modules").rename(base / "lib/modules")
    modules = base / "lib/modules" / version
    for name in UNUSED_MODULES:
        shutil.rmtree(modules / "kernel" / name, ignore_errors=True)
    _make_netdevsim(work, toolchains, version, modules)
    run("depmod", "-b", base, version)
    found = (base / f"boot/vmlinuz-{version}", modules / "vmlinuz")
    return Kernel(version, next(path for path in found if path.exists()), base)


def _source_name(version: str) -> str:
    return f"linux-source-{'.'.join(version.split('.')[:2])}"


def _download(work: Path) -> str:
    depends = run("apt-cache", "depends", "linux-image-amd64")
    version = re.search(r"Depends: linux-image-(\S+)", depends).group(1)
    apt("download", f"linux-image-{version}", _source_name(version), cwd=work)
    apt("install", "--no-install-recommends", f"linux-headers-{version}")
    return version


def _download_other(work: Path, root: Path) -> str:
    if not root.exists():
        _make_toolchain(root)
    version = max(path.name for path in (root / "lib/modules").iterdir())
    known = run("chroot", root, "apt-cache", "pkgnames", "linux-").split()
    names = [f"linux-{part}-{version}" for part in PACKAGES if f"linux-{part}-{version}" in known]
    run("chroot", root, "sh", "-c", f"cd /root && apt-get -q download {' '.join(names)} {_source_name(version)}")
    for package in (root / "root").glob("*.deb"):
        shutil.move(package, work)
    return version


def _make_toolchain(root: Path) -> None:
    """The newest kernel's headers and its compiler; into a folder beside it first."""
    release = suite().removesuffix("-backports")
    new = root.with_suffix(".new")
    shutil.rmtree(new, ignore_errors=True)
    new.parent.mkdir(parents=True, exist_ok=True)
    sources = root.with_suffix(".sources")
    shutil.rmtree(sources, ignore_errors=True)
    sources.mkdir()
    if not write_sources(sources, release):
        raise Unavailable(f"no sources to derive those of {release} from")
    run("mmdebstrap", "--variant=apt", "--quiet", "--include=make,gcc,libc6-dev", release, new, *sources.iterdir())
    lists = new / "etc/apt/sources.list.d"
    for path in lists.iterdir():
        path.unlink()
    (new / "etc/apt/sources.list").write_text("")
    write_sources(lists, *dict.fromkeys((release, suite())))
    shutil.copy("/etc/resolv.conf", new / "etc/resolv.conf")
    for words in (("update",), ("install", "-y", "--no-install-recommends", "-t", suite(), "linux-headers-amd64")):
        run("chroot", new, "apt-get", "-q", *words)
    new.rename(root)


def _make_netdevsim(work: Path, toolchains: Path, version: str, modules: Path) -> None:
    source = _source_name(version)
    archive = next((work / "unpacked/usr/src").glob(f"{source}.tar.*"))
    run("tar", "-xf", archive, f"{source}/drivers/net/netdevsim", cwd=work)
    driver = work / source / "drivers/net/netdevsim"
    build_module(driver, version, toolchains, "CONFIG_NETDEVSIM=m")
    shutil.copy(driver / "netdevsim.ko", modules / "kernel/drivers/net/netdevsim.ko")


def build_module(folder: Path, version: str, toolchains: Path, *options: str) -> None:
    """A module from its sources, in their folder."""
    headers = f"/usr/src/linux-headers-{version}"
    if not suite():
        run("make", "-s", "-C", headers, f"M={folder}", *options, "modules")
        return
    root = toolchains / suite()
    inside = root / "root/module"
    shutil.rmtree(inside, ignore_errors=True)
    shutil.copytree(folder, inside)
    # objtool wants /proc
    run("unshare", "--pid", "--fork", "--mount", f"--mount-proc={root}/proc", "chroot", root, "make", "-s", "-C", headers,
        "M=/root/module", *options, "modules")  # fmt: skip
    for module in inside.glob("*.ko"):
        shutil.copy(module, folder)
