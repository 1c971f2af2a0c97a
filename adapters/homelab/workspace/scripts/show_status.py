"""Prints what is deployed in the workspace, from the files that the playbooks lay down. Standard library only."""

import argparse
from pathlib import Path

SERVICES = ("kuma", "grafana")


def flat(file: Path) -> dict[str, str]:
    """Return the keys and values of a YAML file that has nothing deeper; empty when there is no such file."""
    if not file.is_file():
        return {}
    pairs = (line.partition(":") for line in file.read_text().splitlines() if not line.startswith("#"))
    return {key.strip(): value.strip().strip('"') for key, _, value in pairs}


def monitors(folder: Path) -> int:
    """Count the entries of the list of monitors."""
    file = folder / "monitors.yml"
    return sum(line.lstrip().startswith("- ") for line in file.read_text().splitlines()) if file.is_file() else 0


def status(folder: Path) -> str:
    """Say in one line how a service is."""
    state = flat(folder / "state.yml")
    if not state:
        return "not deployed"
    parts = [state.get("state", "unknown"), f"port {state.get('port', '?')}"]
    if count := monitors(folder):
        parts.append(f"{count} monitors")
    if restarts := flat(folder / "restarts.yml"):
        parts.append(f"restarts: {restarts.get('count', '?')}, the last at {restarts.get('restarted_at', '?')}")
    return ", ".join(parts)


parser = argparse.ArgumentParser()
parser.add_argument("workspace", type=Path)
parser.add_argument("service", choices=("all", *SERVICES))
arguments = parser.parse_args()
for service in SERVICES if arguments.service == "all" else (arguments.service,):
    print(f"{service}: {status(arguments.workspace / service)}")
