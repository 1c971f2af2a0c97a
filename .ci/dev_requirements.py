"""Print the `dev` dependency group of pyproject.toml, one requirement an argument (pip before 25.1 has no --group)."""

import sys
import tomllib
from pathlib import Path

groups = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text())["dependency-groups"]
sys.stdout.write(" ".join(groups["dev"]))
