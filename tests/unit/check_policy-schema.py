#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The JSON Schema that editors use says what the parser does: the same keys, words and bounds; both shipped examples
are valid for both, and what the schema refuses the parser refuses too.
Usage: check_policy-schema.py POLICY-PRINT POLICY-DIRECTORY"""

import re
import subprocess
import sys
from pathlib import Path

try:
    import jsonschema
    import yaml
except ImportError as e:
    print(f"skipped: {e} (apt install python3-jsonschema python3-yaml)")
    sys.exit(77)

printer, directory = sys.argv[1], Path(sys.argv[2])
wrong_directory = Path(__file__).parent / "policies/wrong"
schema = yaml.safe_load((directory / "policy.schema.json").read_text())
failures = []


class Loader(yaml.SafeLoader):
    """YAML 1.2's core schema, as editors read: yes and no are words, 1e-8 is a number."""


Loader.yaml_implicit_resolvers = {}
for tag, pattern, first in (
    ("bool", r"true|false", "tf"),
    ("int", r"[-+]?[0-9]+", "-+0123456789"),
    ("float", r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?", "-+.0123456789"),
    ("null", r"~|null||", ["~", "n", ""]),
):
    Loader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(f"^({pattern})$"), list(first))


def expect(what, a, b):
    if a != b:
        failures.append(f"{what}: parser has {a}, schema has {b}")


def resolve(node):
    while "$ref" in node:
        target = schema
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        node = target
    return node


def schema_keys(node, prefix=""):
    """path -> schema node, of everything but the signals, which the parser has in one row."""
    keys = {}
    for name, child in resolve(node).get("properties", {}).items():
        child = resolve(child)
        keys[prefix + name] = child
        if prefix + name != "health.signals":
            keys.update(schema_keys(child, prefix + name + "."))
    return keys


def words(node, key_type):
    if key_type == "signals":
        return sorted(node["properties"])
    if key_type == "prime-items":
        return sorted(node["items"]["enum"])
    return sorted(w for w in node.get("enum", []) if isinstance(w, str))


def parser_accepts(path):
    return subprocess.run([printer, "check", path], stdout=subprocess.DEVNULL, check=False).returncode == 0


def load(path):
    return yaml.load(path.read_text(), Loader)


jsonschema.Draft7Validator.check_schema(schema)
validator = jsonschema.Draft7Validator(schema, format_checker=jsonschema.FormatChecker())

dump = subprocess.run([printer, "keys"], stdout=subprocess.PIPE, check=True, text=True).stdout
rows = {line.split()[0]: line.split()[1:] for line in dump.splitlines()}
found = schema_keys(schema["definitions"]["pair"])
expect("keys of a pair", sorted(rows), sorted(found))
for path in sorted(rows.keys() & found.keys()):
    key_type, low, high, *choices = rows[path]
    expect(f"words of {path}", sorted(choices), words(found[path], key_type))
    if key_type == "number":
        expect(f"bounds of {path}", [int(low), int(high)], [found[path]["minimum"], found[path]["maximum"]])
    if key_type == "text":
        expect(f"length of {path}", int(high), found[path]["maxLength"])
    if not found[path].get("description") and "allOf" not in found[path]:
        failures.append(f"{path} has no description")
pair_only = {"description", "primary", "standby"}
expect(
    "keys of defaults",
    sorted(p for p in rows if p not in pair_only),
    sorted(schema_keys(schema["definitions"]["defaults"])),
)

examples = sorted(directory.glob("*.yaml"))
expect("examples", [e.name for e in examples], ["lan-full.yaml", "lan-minimal.yaml"])
for example in examples:
    for error in validator.iter_errors(load(example)):
        failures.append(f"{example.name}: the schema refuses it: {error.message}")
    if not parser_accepts(example):
        failures.append(f"{example.name}: the parser refuses it")

# The full example is full: it uses every key and every signal.
full = load(directory / "lan-full.yaml")["pairs"]["lan"]


def used_keys(node, prefix=""):
    keys = set()
    for name, child in node.items():
        keys.add(prefix + name)
        if isinstance(child, dict) and prefix + name != "health.signals":
            keys |= used_keys(child, prefix + name + ".")
    return keys


expect("keys used by lan-full.yaml", sorted(rows), sorted(used_keys(full)))
expect("signals used by lan-full.yaml", sorted(rows["health.signals"][3:]), sorted(full["health"]["signals"]))

# What the parser refuses, the schema refuses too, as far as a schema can see it.
beyond_schema = {
    # other places, YAML itself, or arithmetic
    "adapter-in-two-pairs", "adapter-twice-by-mac", "same-adapter", "duplicate-key", "duplicate-pair", "anchor",
    "tag", "warn-after-alarm", "warn-after-built-in", "out-of-range-time", "escaped-control",
}
checked = 0
for path in sorted(wrong_directory.glob("*.yaml")):
    try:
        document = load(path)
    except (yaml.YAMLError, UnicodeDecodeError):
        continue
    checked += 1
    if path.stem not in beyond_schema and validator.is_valid(document):
        failures.append(f"{path.name}: the schema accepts it")
if checked < 30:
    failures.append(f"only {checked} wrong policies could be loaded")

print("\n".join(failures) or f"{len(rows)} keys, {len(examples)} examples, {checked} wrong policies agree")
sys.exit(1 if failures else 0)
