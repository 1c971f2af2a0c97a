"""Fails with a message, for seeing what happens then."""

import argparse
import sys

parser = argparse.ArgumentParser()
parser.add_argument("error_message")
sys.exit(parser.parse_args().error_message)
