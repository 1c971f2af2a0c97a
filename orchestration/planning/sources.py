"""Values and names that operations read from the workspace when a plan is made. Called by the planner."""

from collections import defaultdict
from contextlib import suppress
from typing import Any

from orchestration.errors import InvalidRequest
from orchestration.intake.catalogue import Catalogue
from orchestration.intake.declaration import KnownNames, Parameter
from orchestration.intake.parameters import check_value
from orchestration.intake.request import fold
from orchestration.intake.values import BadValue
from orchestration.ports import Files


class Sources:
    """What the workspace says for parameters."""

    def __init__(self, files: Files) -> None:
        self._files = files

    async def data(self, operation: str, name: str, parameter: Parameter) -> Any:
        """Return the value that a parameter's `data` names; raises InvalidRequest."""
        source = parameter.data
        assert source is not None
        found = await self._at(source.file, source.key, f"{operation} reads its {name} from")
        try:
            return check_value(parameter, found)
        except BadValue as error:
            raise InvalidRequest(f"{source.file} cannot be used for {operation}: {name} {error}.") from None

    async def known(self, operation: str, name: str, parameter: Parameter) -> Parameter:
        """Return the parameter with the names that its `one_of` lists now as its enum; raises InvalidRequest."""
        listed = parameter.one_of
        assert listed is not None
        if listed.folder:
            names = await self._files.entries(listed.folder)
        else:
            found = await self._at(listed.file, listed.key, f"{operation} takes its {name} from")
            names = _names(found, listed, operation)
        taken = [one for one in dict.fromkeys(names) if _is_taken(parameter, one)]
        if not taken:
            place = listed.folder or listed.file
            raise InvalidRequest(f"{place} lists no {name.replace('_', ' ')} that {operation} could take.")
        return parameter.model_copy(update={"enum": taken, "one_of": None, "pattern": None})

    async def names(self, catalogue: Catalogue) -> dict[str, str]:
        """Return every name that a `one_of` lists, folded, with what it is; nothing for one that is two things."""
        kinds: defaultdict[str, set[str]] = defaultdict(set)
        listed = {
            (name, parameter.one_of.model_dump_json()): (key, parameter)
            for key, operation in catalogue.operations.items()
            for name, parameter in operation.parameters.items()
            if parameter.one_of is not None
        }
        for (kind, _), (key, parameter) in listed.items():
            with suppress(InvalidRequest):
                for name in (await self.known(key, kind, parameter)).enum or ():
                    kinds[fold(str(name))].add(kind.replace("_", " "))
        return {name: "" if others else kind for name, (kind, *others) in kinds.items()}

    async def _at(self, file: str, key: str, use: str) -> Any:
        data = await self._files.read_data(file)
        for part in filter(None, key.split(".")):
            if not isinstance(data, dict) or part not in data:
                raise InvalidRequest(f"{file} has no «{key}», which {use}.")
            data = data[part]
        return data


def _names(data: Any, listed: KnownNames, operation: str) -> list[str]:
    """Return the names in a list of texts, the keys of a mapping, or one field of each entry of either."""
    entries: list[Any] | None = None
    if isinstance(data, list):
        entries = data
    elif isinstance(data, dict):
        entries = list(data.values() if listed.field else data)
    if entries is not None and listed.field:
        entries = [entry.get(listed.field) if isinstance(entry, dict) else None for entry in entries]
    if entries is None or not all(isinstance(entry, str) for entry in entries):
        wanted = f"entries with a «{listed.field}» that is a text" if listed.field else "a list of names"
        place = f"{listed.file} {listed.key}".strip()
        raise InvalidRequest(f"{place} cannot be used for {operation}: it must hold {wanted}.")
    return entries


def _is_taken(parameter: Parameter, name: str) -> bool:
    try:
        check_value(parameter, name)
    except BadValue:
        return False
    return True
