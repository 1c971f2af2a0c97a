"""Who is who: the owner's people file. The same human on two platforms is one person."""

import re
from collections.abc import Iterator, Mapping
from typing import Literal

from pydantic import Field, PrivateAttr

from orchestration.validation import Fault, Strict, Strings, entries, names, validated

_KEY = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")
_ACCOUNTS = {
    "terminal": (re.compile(r"\S+"), "the name of a system user, such as ana"),
    "slack": (re.compile(r"[TE]\w+/[UW]\w+"), "team and user, such as T024BE7LD/U7"),
    "discord": (re.compile(r"\d+"), "the number of the user, in quotes"),
}


class Person(Strict):
    """One human, by the accounts that are theirs and the groups they are in."""

    name: str = Field(min_length=1, max_length=80)
    terminal: Strings = []
    """System user names."""
    slack: Strings = []
    """`TEAM/USER` ids."""
    discord: Strings = []
    """User ids."""
    groups: Strings = []


class Group(Strict):
    """Further members of a group, named by a platform."""

    slack_usergroup: str | None = None
    slack_channel: str | None = None
    discord_role: str | None = None


Members = Mapping[str, frozenset[str]]
"""By group, the accounts that a platform counts into it."""


class People(Strict):
    """The people file."""

    version: Literal[1]
    people: dict[str, Person] = Field(min_length=1)
    groups: dict[str, Group] = {}
    _joined: Mapping[str, Members] = PrivateAttr(default_factory=dict)

    @property
    def joined(self) -> Mapping[str, Members]:
        """Return what the platforms say of their groups, by platform."""
        return self._joined

    def with_members(self, joined: Mapping[str, Members]) -> "People":
        """Return the same people, with what platforms say of their groups in place of what they said before."""
        found = self.model_copy()
        found._joined = joined
        return found

    def known_groups(self) -> set[str]:
        """Return every group that is declared or that somebody is in."""
        return set(self.groups) | {group for person in self.people.values() for group in person.groups}

    def members(self, groups: list[str]) -> list[str]:
        """Return the keys of the people in any of these groups, in the order of the file."""
        wanted = set(groups)
        return [
            key for key, person in self.people.items() if wanted & set(person.groups) or self._is_joined(person, wanted)
        ]

    def name(self, key: str) -> str:
        """Return how to call somebody; the key itself for strangers."""
        return self.people[key].name if key in self.people else key

    def by_terminal(self, user: str) -> str | None:
        """Return the person whose system user this is."""
        return self.by_account("terminal", user)

    def by_account(self, platform: str, user: str) -> str | None:
        """Return the person whose account on a platform this is; None for strangers and unknown platforms."""
        if platform not in _ACCOUNTS:
            return None
        return next((key for key, person in self.people.items() if user in getattr(person, platform)), None)

    def _is_joined(self, person: Person, groups: set[str]) -> bool:
        """Whether a platform counts one of this person's accounts into any of these groups."""
        return any(
            not members[group].isdisjoint(getattr(person, platform))
            for platform, members in self._joined.items()
            for group in groups & members.keys()
        )


def load_people(data: object) -> People:
    """Validate a people file as a whole; raises InvalidData with every fault."""
    return validated(People, data, [*_key_faults(data), *_account_faults(data)])


def _key_faults(data: object) -> Iterator[Fault]:
    for section in ("people", "groups"):
        for name in sorted(names(data, section)):
            if not _KEY.fullmatch(name):
                yield Fault(
                    (section, name), f"«{name}» cannot be a name here: use a-z, 0-9, _ . and -, such as on-call"
                )
    if "policy" in names(data, "people"):
        yield Fault(("people", "policy"), "means the policy itself in every record: give this person another key")
    for key, person in entries(Person, data, "people"):
        for index, group in enumerate(person.groups):
            if not _KEY.fullmatch(group):
                advice = "name a group of yours; «*» is not one" if group == "*" else "use a-z, 0-9, _ . and -"
                yield Fault(("people", key, "groups", index), f"«{group}» cannot be a group: {advice}")


def _account_faults(data: object) -> Iterator[Fault]:
    owners: dict[tuple[str, str], str | int] = {}
    for key, person in entries(Person, data, "people"):
        for field, account in _accounts(person):
            at, (form, words) = ("people", key, field), _ACCOUNTS[field]
            if not form.fullmatch(account):
                yield Fault(at, f"«{account}» is not {words}")
            if (owner := owners.setdefault((field, account), key)) != key:
                yield Fault(at, f"«{account}» is already {owner}'s; one account belongs to one person")


def _accounts(person: Person) -> Iterator[tuple[str, str]]:
    for field in _ACCOUNTS:
        for account in getattr(person, field):
            yield field, account
