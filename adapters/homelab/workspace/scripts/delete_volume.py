"""Deletes a volume, or with --dry-run says what would be deleted."""

import argparse
import shutil
import sys
from pathlib import Path

parser = argparse.ArgumentParser()
parser.add_argument("--dry-run", action="store_true")
parser.add_argument("workspace", type=Path)
parser.add_argument("volume")
arguments = parser.parse_args()

volumes = arguments.workspace / "volumes"
names = sorted(path.name for path in volumes.iterdir() if path.is_dir() and not path.is_symlink())
if arguments.volume not in names:
    sys.exit(f"There is no volume {arguments.volume}. There are: {', '.join(names) or 'none'}.")

folder = volumes / arguments.volume
files = sorted(path for path in folder.rglob("*") if not path.is_dir())
for file in files:
    print("-", file.relative_to(arguments.workspace))
if arguments.dry_run:
    print(f"Would delete {len(files)} files.")
else:
    shutil.rmtree(folder)
    print(f"Deleted {arguments.volume}: {len(files)} files.")
