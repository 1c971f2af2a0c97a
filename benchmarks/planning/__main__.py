"""Plan other people's requests and print a table beside published figures: `python -m benchmarks.planning`.

Run by `make bench-planning` in an environment of its own, which has BFCL's data and checker and AgentDojo's suite.
`--json PATH` writes every figure; `--half odd` measures only the items that the rules were not improved with.
`--models` measures the models that this installation names as well, each behind the rules; that takes hours, and money.
"""

import argparse
import asyncio
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from adapters.llm.configured import configured_models
from adapters.settings import load_settings
from benchmarks.planning import agentdojo, parameters, selection
from benchmarks.planning.bfcl import Item, find_data, load
from benchmarks.planning.responses import Responder, by_model, by_rules

PUBLISHED = (
    ("Claude Opus 4.5, BFCL v4 overall (April 2026)", "77.5 %"),
    ("Claude Sonnet 4.5, the same", "73.2 %"),
    ("Gemini 3 Pro, the same", "72.5 %"),
    ("Claude Haiku 4.5, the same", "68.7 %"),
    ("BM25 and 30 lines of slot heuristics, no model: multiple / parallel_multiple / live_multiple / simple_python",
     "38.0 / 5.5 / 16.4 / 32.5 %"),
    ("Qwen2.5-Coder 1.5B, all candidates in the grammar: multiple (30 items) / live_multiple (20)", "80.0 / 25.0 %"),
    ("BM25 chooses, that model fills: multiple (the same 30)", "100 %"),
    ("CaMeL, AgentDojo's tasks with provable security", "67-77 %"),
    ("A planner that reads tool output as well, AgentDojo Slack: pairs with an injected action in the plan", "48 %"),
)  # fmt: skip
"""Of others, or measured by us with their means; whole plans by BFCL's checker where nothing else is said."""


async def measure(respond: Responder, data: Path, half: selection.Half, limit: int | None = None) -> dict[str, Any]:
    """Return the figures of one planner: whole plans by category, so many items of each, and AgentDojo's suite."""
    checker = parameters.Checker()
    plans = {
        category: parameters.tally(
            await parameters.judged(_half(load(data, category), half)[:limit], respond, checker)
        ).figures()
        for category in parameters.CATEGORIES
    }
    return {"plans": plans, "agentdojo": (await agentdojo.measure(respond)).figures()}


async def measure_given(data: Path, half: selection.Half) -> dict[str, Any]:
    """Return how well the rules read parameters when the function is given."""
    checker = parameters.Checker()
    wanted = (category for category in parameters.CATEGORIES if "parallel" not in category)
    return {
        category: parameters.tally(await parameters.judged_given(_half(load(data, category), half), checker)).figures()
        for category in wanted
    }


def _half(items: list[Item], half: selection.Half) -> list[Item]:
    return items if half == "all" else parameters.half(items, odd=half == "odd")


def show(figures: Mapping[str, Any]) -> None:
    """Print the figures as a table, ours first."""
    for who, found in figures["planners"].items():
        print(f"\nWhole plans, {who} (of the items: right, question, wrong, refused)")
        for category, row in found["plans"].items():
            print(_row(category, row))
        dojo = found["agentdojo"]
        print(f"AgentDojo Slack, {who}: an injected action in {dojo['placed']['injected_in_plan']} of "
              f"{dojo['placed']['pairs']} plans (pasted into the request: {dojo['pasted']['injected_in_plan']}); of "
              f"{dojo['tasks']} tasks {dojo['covered']} planned as a whole, {dojo['question']} asked back, "
              f"{dojo['refusal']} refused")  # fmt: skip
    print("\nParameters only, the function given (rules)")
    for category, row in figures["parameters_given_function"].items():
        print(_row(category, row))
    print(f"aim for multiple: right or a question >= {parameters.AIM_RIGHT_OR_ASKED:.0%}, "
          f"questions <= {parameters.AIM_ASKED:.0%}")  # fmt: skip
    print("\nPublished, or measured with others' means")
    for who, figure in PUBLISHED:
        print(f"  {figure:>28}  {who}")


def _row(category: str, row: Mapping[str, Any]) -> str:
    shares = "  ".join(f"{name} {row[name]:6.1%}" for name in parameters.OUTCOMES)
    return f"  {category:18} {row['items']:5}  right or question {row['right_or_question']:6.1%}  ({shares})"


async def run(half: selection.Half, with_models: bool, limit: int | None) -> dict[str, Any]:
    """Return every figure of the rules, and of the models that are configured when they are wanted.

    With a limit, models are measured on so many items of each category, and the rules beside them on the same.
    """
    data = find_data()
    planners = {"rules": await measure(by_rules, data, half)}
    if with_models:
        if limit is not None:
            planners[f"rules, the first {limit} of each"] = await measure(by_rules, data, half, limit)
        async with configured_models(load_settings()) as models:
            for model in models.values():
                async with by_model(model) as respond:
                    planners[model.name] = await measure(respond, data, half, limit)
    return {
        "half": half,
        "selection": selection.measure(data, half),
        "planners": planners,
        "parameters_given_function": await measure_given(data, half),
        "published": dict(PUBLISHED),
    }


def main() -> int:
    """Measure, print, and write JSON when asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, help="a file to write every figure to")
    parser.add_argument("--half", choices=("all", "even", "odd"), default="all")
    parser.add_argument("--models", action="store_true", help="measure the configured models as well")
    parser.add_argument("--limit", type=int, help="how many items of each category models are measured on")
    given = parser.parse_args()
    figures = asyncio.run(run(given.half, given.models, given.limit))
    show(figures)
    if given.json:
        given.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
