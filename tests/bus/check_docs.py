# SPDX-License-Identifier: LGPL-2.1-or-later
"""The documents: every command in README.md, the man pages and the catalog works, every policy in them is right, and
what they say to install lands where they say. Commands to primed go to the fake daemon."""

import configparser
import os
import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

from buslab import Lab

SOURCE = Path(os.environ["SOURCE_ROOT"])
PRIMECTL = os.environ["PRIMECTL"]
PAGES = sorted((SOURCE / "man").glob("*.[1-9]"))

INSTALLED = """
usr/sbin/primed
usr/bin/primectl
{units}/primed.service
{catalog}/primed.catalog
usr/share/dbus-1/system.d/org.primed.Primed1.conf
usr/share/dbus-1/system-services/org.primed.Primed1.service
usr/share/dbus-1/interfaces/org.primed.Primed1.Manager.xml
usr/share/dbus-1/interfaces/org.primed.Primed1.Pair.xml
usr/share/dbus-1/interfaces/org.primed.Primed1.Adapter.xml
usr/share/polkit-1/actions/org.primed.Primed1.policy
usr/share/primed/policy.schema.json
usr/share/doc/primed/examples/lan-minimal.yaml
usr/share/doc/primed/examples/lan-full.yaml
usr/share/man/man1/primectl.1
usr/share/man/man8/primed.8
usr/share/man/man5/primed.policy.5
usr/share/man/man5/primed.trace.5
usr/share/man/man5/org.primed.Primed1.5
usr/share/bash-completion/completions/primectl
usr/share/zsh/site-functions/_primectl
usr/share/fish/vendor_completions.d/primectl.fish
"""

DEMO_TESTS = ("tests/lab/demo.py", "tests/netns/test_demo.py", "tests/machine/test_demo_vm.py")

# exit codes of primectl that say that the words were wrong: usage, and no such pair
WRONG_WORDS = (2, 10)
# how long a command that only ends by a signal is watched
GRACE = 1.5


class Broken(Exception):
    """A document is wrong."""


def run(*command, **keys):
    done = subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          check=False, **keys)
    if done.returncode != 0:
        raise Broken(f"exit {done.returncode}: {(done.stderr or done.stdout).strip()[-2000:]}")
    return done.stdout


def readme_blocks():
    """(language, text) of each fenced block of the README, and of each `primectl ...` or `sudo ...` in its prose."""
    text = (SOURCE / "README.md").read_text()
    fences = re.findall(r"^```(\w*)\n(.*?)^```$", text, re.M | re.S)
    prose = re.sub(r"^```.*?^```$", "", text, flags=re.M | re.S)
    return fences + [("sh", span + "\n") for span in re.findall(r"`((?:primectl|sudo) [^`]+)`", prose)]


def man_blocks(page):
    """The same of a man page: what stands between .EX and .EE or .nf and .fi, but not the paths of a synopsis."""
    text = page.read_text()
    for block in re.findall(r"^\.(?:EX|nf)\n(.*?)^\.(?:EE|fi)$", text, re.M | re.S):
        plain = block.replace("\\-", "-").replace("\\e\n", "\\\n").replace("\\e", "\\")
        if plain.startswith("/"):
            continue
        if "seconds,adapter,signal,value" in plain:
            yield "trace", plain
            continue
        yield ("yaml" if re.match(r"(#.*\n)*(version|defaults|pairs|# yaml)", plain) else "sh"), plain


def catalog_block():
    """Its commands, about the fake daemon's pair."""
    text = re.sub(r"@PRIMED_PAIR@", "lan", (SOURCE / "data/primed.catalog").read_text())
    spans = {" ".join(span.split()) for span in re.findall(r"`(primectl [^`@]+)`", text)}
    return "sh", "".join(span + "\n" for span in sorted(spans))


def commands(language, text):
    """A console block's lines after the prompt, all lines of a sh block; continuation lines joined."""
    lines = text.replace("\\\n", " ").splitlines()
    if language == "console":
        lines = [line[2:] for line in lines if line.startswith(("$ ", "# "))]
    return [line.strip() for line in lines if line.strip() and not line.strip().startswith("#")]


def check_policy(text):
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        file.write(text)
        file.flush()
        if any(not line.startswith("#") for line in text.splitlines()):
            run(PRIMECTL, "check", file.name)


def check_trace(text):
    with tempfile.NamedTemporaryFile("w", suffix=".csv") as file:
        file.write(text)
        file.flush()
        run(PRIMECTL, "replay", file.name)


def check_configuration(text):
    parser = configparser.RawConfigParser(strict=True)
    parser.read_string(text)
    if not any(parser.items(section) for section in parser.sections()):
        raise Broken("sets nothing")


class Staged:
    """What the README's own meson commands install, in a folder of its own. Without the tests: they do not install."""

    def __init__(self, folder):
        self.folder = folder
        self.build, self.root = Path(folder) / "build", Path(folder) / "root"
        self.done = set()

    def meson(self, words):
        verb = words[1]
        if verb == "setup":
            if words[2] != "build":
                raise Broken("every command uses the folder build")
            run("meson", "setup", "-Dtests=false", self.build, SOURCE, *words[3:])
        elif words[2:] != ["-C", "build"]:
            raise Broken("unknown words")
        elif verb in ("compile", "install"):
            run("meson", verb, "-C", self.build, env={**os.environ, "DESTDIR": str(self.root)})
        elif verb != "test":  # that is who runs this
            raise Broken(f"unknown verb {verb}")
        self.done.add(verb)

    def systemctl(self, words):
        """Enabling without a running systemd; there is nothing to start."""
        run("systemctl", f"--root={self.root}", *(word for word in words[1:] if word != "--now"))
        wanted = [link.name for link in (self.root / "etc/systemd/system").glob("*.wants/*")]
        if "enable" in words and wanted != ["primed.service"]:
            raise Broken("is not wanted by any target afterwards")

    def check_installed(self):
        def asked(package, variable, *define):
            return run("pkg-config", f"--variable={variable}", *define, package).strip().lstrip("/")

        units = asked("systemd", "systemdsystemunitdir", "--define-variable=rootprefix=/usr")
        catalog = asked("systemd", "catalogdir", "--define-variable=prefix=/usr")
        wanted = set(INSTALLED.format(units=units, catalog=catalog).split())
        found = {str(path.relative_to(self.root)) for path in (self.root / "usr").rglob("*") if path.is_file()}
        if wanted != found:
            raise Broken(f"not installed: {sorted(wanted - found)}, not known here: {sorted(found - wanted)}")
        for name in ("usr/sbin/primed", "usr/bin/primectl"):
            run(self.root / name, "--version")
        unit = (self.root / units / "primed.service").read_text()
        if "ExecStart=/usr/sbin/primed" not in unit:
            raise Broken("the unit starts another program")


def check_bus(words, folder):
    """On the fake daemon's bus, with its files in the folder. One that follows something is ended; all that matters is
    that it began."""
    try:
        done = subprocess.run([PRIMECTL if words[0] == "primectl" else words[0], *words[1:]], check=False,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, cwd=folder,
                              timeout=GRACE if {"monitor", "watch", "record"} & set(words) else 60)
    except subprocess.TimeoutExpired:
        return
    wrong = WRONG_WORDS if words[0] == "primectl" else range(1, 256)
    if done.returncode in wrong:
        raise Broken(f"exit {done.returncode}: {done.stderr.strip()}")


def check_own_program(words):
    """tests/...: it is there, it knows these words, and those who must run it do."""
    program = SOURCE / words[0]
    run(program, "--help")
    if words[0] == "tests/demo":
        runs = "".join((SOURCE / path).read_text() for path in DEMO_TESTS)
        if 'build.REPOSITORY / "tests" / "demo"' not in runs:
            raise Broken(f"none of {DEMO_TESTS} runs it")
        for word in words[1:]:
            if f'"{word}"' not in runs:
                raise Broken(f"none of {DEMO_TESTS} runs it with {word}")
    elif words[0] == "tests/vm":
        if "tier.run(" not in (SOURCE / "tests/run").read_text():
            raise Broken("tests/run does not run the same tests")
    elif words[0] == "tests/run":
        if "exec tests/run" not in (SOURCE / ".ci/run").read_text():
            raise Broken(".ci/run does not run it")
    elif words[1:]:
        raise Broken("documented without words only")


def check_command(command, staged):
    words = shlex.split(re.split(r" (?:\|\||&&|[|;]) ", command)[0])
    if words[0] == "sudo":
        words = words[1:]
    if words[0] == "meson":
        staged.meson(words)
    elif words[0] == "systemctl":
        staged.systemctl(words)
    elif words[:2] in (["primectl", "check"], ["primectl", "replay"]):
        pass  # of a file of the reader's; each policy or trace that is shown is checked
    elif words[0] in ("primectl", "busctl"):
        check_bus(words, staged.folder)
    elif words[0].startswith("tests/"):
        check_own_program(words)
    else:
        raise Broken("nothing tests this command")


def check_block(language, text, staged):
    """What is in the block, and what is wrong: (text, problem or None)."""
    if language == "yaml":
        checks = [(text, lambda: check_policy(text))]
    elif language == "trace":
        checks = [(text, lambda: check_trace(text))]
    elif language == "ini":
        checks = [(text, lambda: check_configuration(text))]
    elif language in ("sh", "console"):
        checks = [(line, lambda line=line: check_command(line, staged)) for line in commands(language, text)]
    elif language == "text":
        checks = []
    else:
        yield text, f"nothing tests a block in {language or 'no language'}"
        return
    for what, check in checks:
        try:
            check()
            yield what, None
        except (Broken, OSError, configparser.Error) as error:
            yield what, error


def check_links():
    text = (SOURCE / "README.md").read_text()
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        if "://" not in target:
            yield f"link to {target}", None if (SOURCE / target).exists() else "no such file"


def results(folder):
    staged = Staged(folder)
    for language, text in readme_blocks():
        yield from (("README.md", *found) for found in check_block(language, text, staged))
    for page in PAGES:
        for language, text in man_blocks(page):
            yield from ((page.name, *found) for found in check_block(language, text, staged))
    yield from (("primed.catalog", *found) for found in check_block(*catalog_block(), staged))
    yield from (("README.md", *found) for found in check_links())
    try:
        missing = {"setup", "compile", "install"} - staged.done
        if missing:
            raise Broken(f"does not say how to {', '.join(sorted(missing))}")
        staged.check_installed()
        yield "README.md", "what is installed", None
    except Broken as error:
        yield "README.md", "what is installed", error


def main():
    failed = 0
    with Lab(), tempfile.TemporaryDirectory(prefix="primed-docs-") as folder:
        for number, (document, what, problem) in enumerate(results(folder), 1):
            first = what.strip().splitlines()[0]
            print("not ok" if problem else "ok", number, f"{document}: {first}", f"- {problem}" if problem else "",
                  flush=True)
            failed += problem is not None
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
