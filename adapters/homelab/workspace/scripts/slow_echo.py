"""Prints a message after five seconds, for watching a task that takes its time."""

import argparse
import time

SECONDS = 5

parser = argparse.ArgumentParser()
parser.add_argument("message")
message = parser.parse_args().message
time.sleep(SECONDS)
print(f"Slow echo (after {SECONDS}s):", message)
