# SPDX-License-Identifier: LGPL-2.1-or-later
"""Where the programs are, and making them: packages by name, one build folder, one builder at a time."""

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
RELEASE = REPOSITORY / "build" / "demo"

# The folder to take primed and primectl from; unset: the release build, made when it is not there.
BUILD_VARIABLE = "PRIMED_BUILD"


def packages() -> list[str]:
    lines = (REPOSITORY / "tests" / "packages").read_text().splitlines()
    return [word for line in lines if (word := line.partition("#")[0].strip())]


def install_packages() -> None:
    """Installs what is missing, on a Debian-like machine and as root; does nothing when nothing is."""
    if not shutil.which("dpkg-query") or not shutil.which("apt-get"):
        return
    query = ["dpkg-query", "--show", "--showformat=${binary:Package} ${db:Status-Abbrev}\n", *packages()]
    shown = subprocess.run(query, text=True, capture_output=True).stdout.splitlines()
    present = {line.split()[0].split(":")[0] for line in shown if line.split()[1:2] == ["ii"]}
    missing = [name for name in packages() if name not in present]
    if not missing:
        return
    if os.geteuid() != 0:
        sys.exit(f"missing packages: {' '.join(missing)}")
    print(f"installing {' '.join(missing)}", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update"], ["install", "--yes", "--no-install-recommends", *missing]):
        subprocess.run(
            ["apt-get", "-q", "-o", "DPkg::Lock::Timeout=300", *command],
            check=True,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )


def make(folder: Path, *options: str, targets: tuple[str, ...] = (), compiler: str | None = None) -> None:
    """Configures the folder if it is new and builds; waits while somebody else builds in it."""
    folder.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, **({"CC": compiler} if compiler else {})}
    with open(folder / ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "build.ninja").exists():
            _quietly(["meson", "setup", *options, str(folder), str(REPOSITORY)], environment)
        _quietly(["ninja", "-C", str(folder), *targets], environment)


def _quietly(command: list[str], environment: dict[str, str]) -> None:
    done = subprocess.run(
        command, env=environment, text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    if done.returncode != 0:
        sys.stderr.write(done.stdout)
        raise SystemExit(f"failed: {' '.join(command)}")


def make_release() -> None:
    """The build that the demo, the benchmarks and the laboratory's tools come from."""
    if BUILD_VARIABLE not in os.environ or not (RELEASE / "build.ninja").exists():
        make(RELEASE, "--buildtype=release")


def program(name: str) -> Path:
    """primed or primectl, of the build under test."""
    folder = Path(os.environ.get(BUILD_VARIABLE, RELEASE)) / "src"
    for path in sorted(folder.glob(name)) + sorted(folder.glob(f"*/{name}")):
        if path.is_file() and os.access(path, os.X_OK):
            return path
    raise FileNotFoundError(f"no {name} in {folder}")


def suite(name: str) -> Path:
    """One of tests/netns in C, of the release build: what a machine needs no library of a sanitizer for."""
    return RELEASE / "tests" / "netns" / f"check_{name}"


def tool(name: str) -> Path:
    """One of tests/tools: always of the release build, so that traffic keeps its pace."""
    path = RELEASE / "tests" / "tools" / name
    if not path.exists():
        raise FileNotFoundError(f"{path}: build first (tests/demo or tests/run do)")
    return path
