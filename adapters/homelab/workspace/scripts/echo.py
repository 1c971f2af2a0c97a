"""Prints a message: the smallest operation there is."""

import argparse

parser = argparse.ArgumentParser()
parser.add_argument("message")
print("Echo:", parser.parse_args().message)
