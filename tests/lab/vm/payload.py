# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a boot lays over the image's root: primed as `meson install` leaves it, the control line's agent, the tools."""

import fcntl
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from .. import build
from .image import pack

# where the tools are in the machine
FOLDER = Path("/usr/lib/lab")
SAMPLER = FOLDER / "sampler.py"
AGENT_UNIT = f"""\
[Unit]
Description=The laboratory's control line
DefaultDependencies=no
After=systemd-udevd.service

[Service]
ExecStart=/usr/bin/python3 {FOLDER}/agent.py
Restart=always
OOMScoreAdjust=-1000

[Install]
WantedBy=multi-user.target
"""
SANITIZE = ("-Db_sanitize=address,undefined", "-Db_lundef=false")


def installation(sanitized: bool = False) -> Path:
    """The folder that primed is installed from, built; as an operator would, but for the tests."""
    folder = build.REPOSITORY / "build" / ("installed-san" if sanitized else "installed")
    options = SANITIZE if sanitized else ("--buildtype=release",)
    build.make(folder, "--prefix=/usr", "-Dtests=false", *options)
    return folder


def assemble(work: Path, sanitized: bool = False, files: Mapping[str, str] | None = None) -> Path:
    """An archive for one boot, in `work`. files: more files by their path in the machine."""
    folder = installation(sanitized)
    root = work / "payload"
    with open(folder / ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        subprocess.run(
            ["meson", "install", "-C", str(folder), "--no-rebuild", "--quiet", f"--destdir={root}"],
            check=True, stdout=subprocess.DEVNULL,
        )  # fmt: skip
    _merge_usr(root)
    tools = root / FOLDER.relative_to("/")
    tools.mkdir(parents=True)
    here = Path(__file__)
    for source in (
        here.with_name("agent.py"), here.with_name("sampler.py"), build.tool("traffic"), build.suite("carrier-watch"),
    ):  # fmt: skip
        shutil.copy(source, tools)
    units = root / "etc/systemd/system"
    _write(units / "lab-agent.service", AGENT_UNIT)
    wants = units / "multi-user.target.wants"
    wants.mkdir(parents=True)
    (wants / "lab-agent.service").symlink_to("../lab-agent.service")
    for name, text in (files or {}).items():
        _write(root / name.lstrip("/"), text)
    _own(root)
    wrapped = work / "wrapped"
    wrapped.mkdir()
    root.rename(wrapped / "payload")
    archive = work / "payload.cpio"
    pack(wrapped, archive)
    shutil.rmtree(wrapped)
    return archive


def _merge_usr(root: Path) -> None:
    """Folders that are links in the machine."""
    for name in ("lib", "bin", "sbin"):
        if (root / name).is_dir():
            shutil.copytree(root / name, root / "usr" / name, symlinks=True, dirs_exist_ok=True)
            shutil.rmtree(root / name)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def _own(root: Path) -> None:
    """The folders among them are the system's: root's, and for everyone to enter."""
    for path in (root, *root.rglob("*")):
        os.chown(path, 0, 0, follow_symlinks=False)
        if path.is_dir() and not path.is_symlink():
            path.chmod(0o755)
