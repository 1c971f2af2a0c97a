"""`test`: an owner's cases tried against catalogue, policy and people. Nothing is started, and nothing is changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Literal

from adapters.cases_files import cases_path, read_baseline, read_cases, write_baseline
from adapters.cli import exits
from adapters.cli.cases_report import Effort, Tried, report
from adapters.cli.output import Output
from adapters.configuration import Configuration, load_configuration
from adapters.file_rights import shown_path
from adapters.llm.configured import configured_models
from adapters.settings import Settings, load_settings
from adapters.trials import Trials
from orchestration.cases.case import Case, Cases
from orchestration.cases.comparison import Kept, differences, movement
from orchestration.cases.trial import Response, Trial
from orchestration.errors import InvalidRequest
from orchestration.ports import Model, Tier
from orchestration.records import Usage

ModelChoice = Literal["local", "external", "both"]


@dataclass(frozen=True, slots=True)
class Bench:
    """What every case is tried with."""

    trial: Trial
    cases: Cases
    before: dict[tuple[str, str], Response] | None
    """What came of each case when the baseline was written, by text and person; None without one."""

    async def try_one(self, case: Case, line: int) -> Tried:
        """Try one case of the file."""
        person = self.cases.speaker(case)
        response = await self.trial.respond(case.text, person, case.answers)
        known = self.before
        moved = None if known is None else movement(case, response, known.get((case.text, person)))
        return Tried(line, case, person, response, tuple(differences(case, response)), moved)


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be tried, and with what compared."""

    path: Path | None
    baseline: Path | None
    update: bool
    models: ModelChoice | None = None
    """Which of the configured models try the cases as well, one after the other."""


async def try_cases(wish: Wish, output: Output) -> int:
    """Try every case and print what is not as expected; return 1 when a case fails or has regressed.

    A baseline is of the rules alone: what a model says may be another thing tomorrow.
    """
    if wish.update and wish.baseline is None:
        raise InvalidRequest("--update writes a baseline: say which file with --baseline FILE.")
    settings, configuration = _declared()
    path = wish.path or cases_path(settings)
    cases, lines = read_cases(path, configuration)
    trials = Trials(settings, configuration)
    numbered = list(zip(cases.cases, lines, strict=True))
    bench = Bench(trials.trial(configuration.catalogue), cases, _before(wish.baseline, wish.update))
    tried = [await bench.try_one(case, line) for case, line in numbered]
    report(path, tried, None, output)
    if wish.update and wish.baseline is not None:
        kept = [Kept(text=one.case.text, as_=one.person, response=one.response) for one in tried]
        write_baseline(wish.baseline, kept)
        output.say(f"Wrote {shown_path(wish.baseline)}.")
    is_worse = any(one.movement == "regressed" for one in tried) and not wish.update
    if wish.models is not None:
        async with configured_models(settings) as models:
            for model in _wanted(models, wish.models):
                async with trials.assisted(configuration.catalogue, model) as (trial, spent):
                    bench = Bench(trial, cases, None)
                    assisted = [await bench.try_one(case, line) for case, line in numbered]
                    report(path, assisted, _effort(model, await spent()), output)
                tried += assisted
    return exits.OTHERWISE if is_worse or any(one.differences for one in tried) else exits.DONE


def _wanted(models: Mapping[Tier, Model], wish: ModelChoice) -> list[Model]:
    """Return the configured models that are wanted; raises InvalidRequest when there is none of them."""
    found = [model for tier, model in models.items() if wish in (tier, "both")]
    if not found:
        names = {"local": "SAYSO_LOCAL_MODEL", "external": "SAYSO_EXTERNAL_MODEL"}
        advice = names.get(wish) or " or ".join(names.values())
        kind = "" if wish == "both" else f"{wish} "
        raise InvalidRequest(f"No {kind}model is configured: set {advice}, or leave --model out.")
    return found


def _effort(model: Model, usage: Sequence[Usage]) -> Effort:
    costs = [one.cost_usd for one in usage if one.cost_usd is not None]
    tokens = sum(one.tokens for one in usage)
    cost = sum(costs) if len(costs) == len(usage) else None
    return Effort(model.name, len(usage), tokens, cost, sum(one.milliseconds for one in usage) / 1000)


def _declared() -> tuple[Settings, Configuration]:
    """Return settings and files; the shipped example as it is, where no home has a copy of it yet."""
    settings = load_settings()
    if settings.uses_shipped_example and not settings.catalogue.exists():
        shipped = Path(str(files("adapters") / "homelab"))
        names = {"catalogue": "catalogue.yml", "policy": "policy.yml", "people": "people.yml", "workspace": "workspace"}
        settings = settings.model_copy(update={key: shipped / name for key, name in names.items()})
    return settings, load_configuration(settings)


def _before(baseline: Path | None, update: bool) -> dict[tuple[str, str], Response] | None:
    """Return what came of each case before; None without a baseline."""
    if baseline is None:
        return None
    kept = [] if update and not baseline.exists() else read_baseline(baseline).cases
    return {(one.text, one.as_): one.response for one in kept}
