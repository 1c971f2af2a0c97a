"""Packs a volume with tar. An earlier backup is never written over, and half a backup never bears a backup's name."""

import argparse
import subprocess
import sys
from datetime import datetime, timezone
from pathlib import Path

parser = argparse.ArgumentParser()
parser.add_argument("workspace", type=Path)
parser.add_argument("volume")
arguments = parser.parse_args()

volumes = arguments.workspace / "volumes"
names = sorted(path.name for path in volumes.iterdir() if path.is_dir() and not path.is_symlink())
if arguments.volume not in names:
    sys.exit(f"There is no volume {arguments.volume}. There are: {', '.join(names) or 'none'}.")

backups = arguments.workspace / "backups"
backups.mkdir(exist_ok=True)
archive = backups / f"{arguments.volume}-{datetime.now(timezone.utc):%Y%m%dT%H%M%SZ}.tar.gz"
if archive.exists():
    sys.exit(f"backups/{archive.name} is there already: it was made within this second.")
unfinished = archive.with_suffix(".unfinished")
subprocess.run(
    ["tar", "--create", "--gzip", f"--file={unfinished}", f"--directory={volumes}", "--", arguments.volume], check=True
)
listing = subprocess.run(["tar", "--list", f"--file={unfinished}"], check=True, stdout=subprocess.PIPE, text=True)
size = unfinished.stat().st_size
unfinished.rename(archive)
print(f"Backed up {arguments.volume}: {len(listing.stdout.splitlines())} entries, {size} bytes, backups/{archive.name}")
