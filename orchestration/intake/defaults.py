"""Check that the defaults an owner wrote are values their parameters take. Called when the files are read.

Apart from the catalogue because the check of values builds on it.
"""

from collections.abc import Iterator

from orchestration.intake.catalogue import Operation
from orchestration.intake.parameters import check_value
from orchestration.intake.values import BadValue
from orchestration.validation import Fault, entries


def default_faults(catalogue: object) -> Iterator[Fault]:
    """Yield a fault for every default that could never be planned; takes the catalogue as data."""
    for key, operation in entries(Operation, catalogue, "operations"):
        for name, parameter in operation.parameters.items():
            if parameter.default is None:
                continue
            try:
                check_value(parameter, parameter.default)
            except BadValue as error:
                yield Fault(("operations", key, "parameters", name, "default"), str(error))
