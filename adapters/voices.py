"""Who speaks, of those who come with a system user: at a terminal, or through the socket of `sayso serve`."""

import os
import pwd

from orchestration.approval.decision import Voice
from orchestration.errors import ConfigurationError, Problem
from orchestration.people import People

HOMELAB_PERSON = "ana"
"""Who types in the example when nobody says who they are."""


def user_name(user_id: int) -> str:
    """Return the name of a system user; environment variables can say anything and are not asked."""
    try:
        return pwd.getpwuid(user_id).pw_name
    except KeyError:
        return str(user_id)


def system_user() -> str:
    """Return the user whose process this is."""
    return user_name(os.getuid())


def voice_of(user: str, as_person: str | None, people: People, is_example: bool) -> Voice:
    """Return who speaks: whom they name, else the system user's person, else ana in the example.

    Speaking as anybody but the system user's own person is asserted, and on the record with that user.
    """
    own = people.by_terminal(user)
    person = as_person or own or (HOMELAB_PERSON if is_example else None)
    if person is None:
        message = f"nobody in the people file has «terminal: {user}»; add it there, or say --as PERSON"
        raise ConfigurationError([Problem("people", None, "people", message)])
    return Voice(person, None if person == own else user)
