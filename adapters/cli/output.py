"""What commands print: text by rich, with colours on a terminal only, or one JSON object a line."""

import asyncio
import json
import shutil
import sys
from collections.abc import Awaitable, Iterable
from pathlib import Path
from typing import Any, Protocol, TypeVar

from rich.console import Console
from rich.table import Table
from rich.text import Text

from adapters.cli import render
from bot.cards import Card
from orchestration.asking import Answer
from orchestration.canonical import parse
from orchestration.planning.complexity import asks_model, complexity, estimate_seconds
from orchestration.planning.summary import summary
from orchestration.records import Event
from orchestration.views import View

T = TypeVar("T")
PATIENCE_SECONDS = 1.0
WIDE = 10_000
"""Columns of what is no terminal: a row stays on its line."""


class Screen(Console):
    """A console that leaves to the command what it means when nobody reads any more."""

    def on_broken_pipe(self) -> None:
        """Tell the command."""
        raise BrokenPipeError


class Output(Protocol):
    """Where a command's news goes."""

    async def patiently(self, waited_for: Awaitable[T], saying: str) -> T:
        """Wait for something that may take a while, and say so when it does."""

    def say(self, *lines: str) -> None:
        """Print sentences."""

    def card(self, card: Card) -> None:
        """Print a plan."""

    def event(self, event: Event, request_id: str) -> None:
        """Print something that happened."""

    def result(self, view: View, card: Card, evidence: str) -> None:
        """Print how a plan stands at the end of the command."""

    def answer(self, answer: Answer, lines: list[str]) -> None:
        """Print why there is no plan."""

    def write(self, found: dict[str, Any]) -> None:
        """Print an object for programs. The last one of a command has the event «result»."""


class TextOutput:
    """Text for people."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Screen(highlight=False, markup=False, emoji=False)

    async def patiently(self, waited_for: Awaitable[T], saying: str) -> T:
        """Wait; on a terminal, show after a second that something goes on."""
        task = asyncio.ensure_future(waited_for)
        try:
            await asyncio.wait({task}, timeout=PATIENCE_SECONDS)
            if task.done() or not self.console.is_terminal:
                return await task
            with self.console.status(saying):
                return await task
        finally:
            task.cancel()

    def say(self, *lines: str) -> None:
        """Print sentences."""
        self._print(Text(line) for line in lines)

    def card(self, card: Card) -> None:
        """Print a plan."""
        self._print(render.card(card, self.console.width))

    def preview(self, card: Card) -> None:
        """Print what dry runs said."""
        self._print(render.previews(card.previews))

    def table(self, table: Table) -> None:
        """Print rows; in full where a program reads them."""
        console = self.console if self.console.is_terminal else Screen(width=WIDE, highlight=False)
        console.print(table)

    def event(self, event: Event, request_id: str) -> None:
        """Print the end of a task; the rest is on the card."""

    def result(self, view: View, card: Card, evidence: str) -> None:
        """Print tasks and verdict."""
        self._print(render.result(card, evidence))

    def answer(self, answer: Answer, lines: list[str]) -> None:
        """Print why there is no plan."""
        self.say(*lines)

    def write(self, found: dict[str, Any]) -> None:
        """Print nothing: people get sentences."""

    def _print(self, lines: Iterable[Text]) -> None:
        for line in lines:
            self.console.print(render.folded(line, self.console), soft_wrap=True)


class JsonOutput:
    """One JSON object a line, for programs."""

    async def patiently(self, waited_for: Awaitable[T], saying: str) -> T:
        """Wait; a program needs no comfort."""
        return await waited_for

    def say(self, *lines: str) -> None:
        """Sentences are for people; programs get the result."""

    def card(self, card: Card) -> None:
        """The result has it all."""

    def event(self, event: Event, request_id: str) -> None:
        """Print an event with its facts."""
        self.write({"event": event.name, "at": event.at, "request_id": request_id, **parse(event.body)})

    def result(self, view: View, card: Card, evidence: str) -> None:
        """Print the result object."""
        self.write(result_object(view))

    def answer(self, answer: Answer, lines: list[str]) -> None:
        """Print a result object without a plan."""
        questions = [
            {"text": question.text, "about": question.about, "choices": [choice.value for choice in question.choices]}
            for question in answer.questions
        ]
        nearest = [choice.value for choice in answer.nearest]
        found: dict[str, Any] = {"event": "result", "request_id": answer.request_id, "plan_id": None}
        found |= {"status": answer.status, "verdict": None, "tasks": []}
        found |= {"questions": questions} if questions else {}
        found |= {"nearest": nearest, "out_of_scope": list(answer.out_of_scope)} if answer.out_of_scope else {}
        self.write(found)

    def write(self, found: dict[str, Any]) -> None:
        """Print one line."""
        # In ASCII: no line separator of Unicode cuts an object in two, and any terminal's encoding can hold it.
        sys.stdout.write(json.dumps(found) + "\n")
        sys.stdout.flush()


def program() -> str:
    """Return how this program was called, for sentences that say what to type next."""
    found = shutil.which("sayso")
    is_on_path = found is not None and Path(found).samefile(sys.argv[0]) if Path(sys.argv[0]).exists() else True
    return "sayso" if is_on_path else sys.argv[0]


def result_object(view: View) -> dict[str, Any]:
    """Return a plan as programs see it."""
    plan = view.plan
    return {
        "event": "result",
        "request_id": plan.request_id,
        "plan_id": plan.id,
        "code": plan.code,
        "revision": plan.revision,
        "digest": plan.digest,
        "status": plan.status,
        "verdict": plan.verdict,
        "reason": plan.reason,
        "needs_person": plan.needs_person,
        "expires_at": plan.expires_at,
        "complexity_level": complexity(view.content.tasks),
        "will_use_external_ai": asks_model(view.content.tasks),
        "estimated_duration_seconds": estimate_seconds(view.content.tasks),
        "human_readable_summary": summary(view.content.tasks),
        "tasks": [
            {
                "order": row.position,
                "task_id": row.id,
                "name": row.name,
                "operation": row.operation,
                "work_type": row.work_type,
                "parameters": planned.parameters,
                "depends_on": list(planned.depends_on),
                "risk": row.risk,
                "status": row.status,
                "agent_id": row.agent_id,
                "attempts": row.attempts,
                "exit_code": row.exit_code,
                "error_message": row.error_message,
            }
            for row, planned in zip(view.tasks, view.content.tasks, strict=True)
        ],
    }
