"""The use cases of whoever runs this Sayso: hold what is new, let it go on, take the owner's files anew.

A reload is one transaction. What every component goes by is swapped inside it, on the writing thread, so that every
other transaction sees all of the old or all of the new; should the commit fail, the old is put back there as well.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from orchestration.access import Access
from orchestration.approval.decision import Voice
from orchestration.execution import Execution, Setting
from orchestration.intake.catalogue import Catalogue
from orchestration.owner_files import Loaded, record
from orchestration.people import People
from orchestration.planning.declared import Reading, read
from orchestration.policy import Policy, Rules
from orchestration.ports import Transaction, timestamp


@dataclass(frozen=True, slots=True)
class Declarations:
    """What the three files declare, together."""

    catalogue: Catalogue
    policy: Policy
    people: People


class Operating:
    """Holds, releases, reloads."""

    def __init__(self, setting: Setting, execution: Execution) -> None:
        self._set = setting
        self._rules: Rules = setting.rules
        self._execution = execution
        self._access = Access(setting.store, setting.clock, setting.rules, setting.may_assert)

    async def hold(self, voice: Voice) -> bool:
        """Keep every new task from starting; False when that was so already."""
        await self._access.may_operate(voice, "pause")
        return await self._execution.hold(voice, True)

    async def release(self, voice: Voice) -> bool:
        """Let tasks start again; False when nothing kept them."""
        await self._access.may_operate(voice, "resume")
        return await self._execution.hold(voice, False)

    async def reload(self, new: Declarations, files: Sequence[Loaded], voice: Voice) -> None:
        """Go by other files from now on; `files` are those that are others than before."""
        await self._access.may_operate(voice, "reload")
        if not files:
            return
        at = timestamp(self._set.clock.now())
        reading = read(new.catalogue)

        def use_case(tx: Transaction) -> None:
            before = (self._rules.policy, self._rules.people, self._set.declared.now)
            tx.on_undo(lambda: self._go_by(*before))
            for file in files:
                record(tx, file, at, voice)
            self._go_by(new.policy, new.people, reading)
            if any(file.kind != "catalogue" for file in files):
                self._execution.try_postponed_again(tx, at)

        await self._set.store.tx("rules.reload", use_case)

    def _go_by(self, policy: Policy, people: People, reading: Reading) -> None:
        self._rules.go_by(policy, people)
        self._set.declared.now = reading
        self._execution.forget_satisfied()
