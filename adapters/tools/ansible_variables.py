"""Writes the variables of a playbook so that Ansible takes them for data, whatever is in them.

Ansible evaluates `{{ … }}` in variables that come with `-e`, and that can run programs. People and their files say
these values, so all of them go into one YAML document that is tagged `!unsafe` as a whole: nothing below that tag is
evaluated, at any later use. The tag stands on the document and not on each value, because a tagged scalar loses its
quotes (`!unsafe "3001"` becomes a number). JSON will not do: it is trusted, and has keys with a meaning of their own.
Used by `ansible_playbook.py` only.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml


def write_variables(path: Path, variables: Mapping[str, Any]) -> None:
    """Write strings, whole numbers, booleans, nulls, lists and mappings of them; for us alone (0600)."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(document(variables))


def document(variables: Mapping[str, Any]) -> str:
    """Return the YAML document. Every string is quoted and escaped, so that none is taken for something else."""
    written = yaml.dump(dict(variables), Dumper=_Quoting, default_flow_style=False, sort_keys=False, width=1 << 30)
    return f"--- !unsafe\n{written}"


class _Quoting(yaml.SafeDumper):
    """Quotes all strings, and writes no aliases."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _quoted(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"')


_Quoting.add_representer(str, _quoted)
