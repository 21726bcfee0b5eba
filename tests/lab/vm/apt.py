# SPDX-License-Identifier: LGPL-2.1-or-later
"""The distribution's packages: of this machine's own suite, and of others by the same sources."""

import os
import re
import subprocess
from pathlib import Path


class Unavailable(RuntimeError):
    """There can be no machine here; says why. The tier is then skipped, not failed."""


def run(*command: str | Path, cwd: Path | None = None, stdin: str | None = None) -> str:
    done = subprocess.run(
        [str(word) for word in command],
        cwd=cwd, text=True, capture_output=True, input=stdin,
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
    )  # fmt: skip
    if done.returncode != 0:
        words = (done.stderr or done.stdout)[-2000:]
        raise RuntimeError(f"{' '.join(map(str, command))}: exit {done.returncode}: {words}")
    return done.stdout


def apt(*words: str, options: tuple[str, ...] = (), cwd: Path | None = None) -> str:
    return run("apt-get", "-q", "-y", "-o", "DPkg::Lock::Timeout=300", *options, *words, cwd=cwd)


def suite() -> str:
    for line in Path("/etc/os-release").read_text().splitlines():
        if line.startswith("VERSION_CODENAME="):
            return line.partition("=")[2].strip('"')
    raise Unavailable("no VERSION_CODENAME in /etc/os-release: which suite is this?")


def source_files() -> list[Path]:
    """The machine's own package sources."""
    folder = Path("/etc/apt/sources.list.d")
    found = [Path("/etc/apt/sources.list"), *sorted(folder.glob("*.sources")), *sorted(folder.glob("*.list"))]
    return [path for path in found if path.exists() and _entries(path.read_text())]


def _entries(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]


def for_suites(name: str, text: str, own: str, *suites: str) -> str:
    """The entries of a sources file that are of the own suite, for others instead; empty if there are none."""
    if name.endswith(".sources"):
        stanzas = [stanza for stanza in re.split(r"\n\s*\n", text)
                   if re.search(rf"^Suites:.*\b{own}(\s|$)", stanza, re.M)]
        return "\n\n".join(re.sub(r"^Suites:.*$", f"Suites: {' '.join(suites)}", stanza, flags=re.M)
                           for stanza in stanzas)
    lines = [line for line in _entries(text) if line.startswith("deb ") and f" {own} " in line]
    return "\n".join(line.replace(f" {own} ", f" {other} ", 1) for line in lines for other in suites)


def write_sources(folder: Path, *suites: str) -> bool:
    """Sources of these suites by the machine's own, into a folder. False: none of its sources is of its own suite."""
    written = False
    for path in source_files():
        if text := for_suites(path.name, path.read_text(), suite(), *suites):
            (folder / f"other-{path.name}").write_text(text + "\n")
            written = True
    return written
