"""The catalogue as it is now, with what is derived from it. Every component shares one; a reload puts another in it."""

from dataclasses import dataclass

from orchestration.intake.catalogue import Catalogue
from orchestration.intake.matching import Matcher
from orchestration.planning.plan import Definitions


@dataclass(frozen=True, slots=True)
class Reading:
    """One catalogue, ready to be read by: whoever does more than one thing with it takes this once."""

    catalogue: Catalogue
    matcher: Matcher
    definitions: Definitions


class Declared:
    """Holds the reading that counts now."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.now = read(catalogue)

    @property
    def catalogue(self) -> Catalogue:
        """Return the operations."""
        return self.now.catalogue

    @property
    def definitions(self) -> Definitions:
        """Return the hashes of their declarations."""
        return self.now.definitions


def read(catalogue: Catalogue) -> Reading:
    """Return a catalogue with its matcher and its definitions."""
    return Reading(catalogue, Matcher(catalogue), Definitions(catalogue))
