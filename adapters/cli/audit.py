"""`audit verify`, `audit export` and `audit show`."""

from collections.abc import AsyncIterator

from adapters.cli import exits
from adapters.cli.output import JsonOutput, Output
from adapters.cli.session import Context, load_context, looking
from adapters.sealing import HeadFile
from adapters.serve.bodies import event_data
from adapters.signing import FileSigner
from adapters.storage.reader import Reader
from bot.escaping import visible
from orchestration.audit import Verification, Verifying
from orchestration.canonical import parse
from orchestration.ports import Above
from orchestration.records import Event, PrivateText, Seal

PAGE = 1_000
"""Events held at once, however many there are."""


async def verify_all(output: Output) -> int:
    """Verify the record from first to last; return 0 when it is intact, else 1."""
    context = load_context()
    async with looking(context) as (_, reader):
        # In this order, so that what is sealed meanwhile is not taken for a fault.
        head, faults = HeadFile(context.settings.audit_head or context.home.path / "audit-head.jsonl").read()
        seals = await reader.find(Seal, {}, order_by="number")
        verifying = Verifying(seals, head, FileSigner(context.home.keys / "seal.key", make=False))
        async for page in _pages(reader):
            verifying.take(page)
        found = verifying.finish()
        found.faults += faults
    _report(found, output)
    return exits.DONE if found.intact else exits.OTHERWISE


async def export(output: Output) -> int:
    """Print every event as JSON; return the exit code."""
    assert isinstance(output, JsonOutput)
    async with looking(load_context()) as (_, reader):
        async for page in _pages(reader):
            for event in page:
                output.write(event_data(event))
    return exits.DONE


async def show(plan: str, output: Output) -> int:
    """Print what happened to one plan; return the exit code."""
    context = load_context()
    async with looking(context) as (views, reader):
        found = await views.find_plan(plan)
        private = {row.hash: row.text for row in await reader.find(PrivateText, {})}
        events = await views.events(found.id)
    for event in events:
        output.event(event, found.request_id)
        output.say(_line(event, private, context))
    output.write({"event": "result", "plan_id": found.id, "events": len(events)})
    return exits.DONE


def _line(event: Event, private: dict[str, str], context: Context) -> str:
    body = parse(event.body)
    person = private.get(str(body.pop("person", "")), "")
    text = private.get(str(body.pop("text", "")), "")
    hidden = ("plan_id", "request_id", "task_id", "artifacts")
    if "asserted_by" in body:
        body["asserted_by"] = private.get(str(body["asserted_by"]), "")
    facts = "  ".join(f"{key} {_short(value)}" for key, value in body.items() if key not in hidden)
    who = f"{context.configuration.people.name(person)}  " if person else ""
    said = f"«{visible(text)}»  " if text else ""
    return f"{event.seq:>6}  {event.at}  {event.name:<17}  {who}{said}{visible(facts)}".rstrip()


def _short(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return text[:12] if len(text) == 64 else text


async def _pages(reader: Reader) -> AsyncIterator[list[Event]]:
    # Begins without a bound: an event put before the first one is found as well.
    page = await reader.find(Event, {}, order_by="seq", limit=PAGE)
    while page:
        yield page
        page = await reader.find(Event, {"seq": Above(page[-1].seq)}, order_by="seq", limit=PAGE)


def _report(found: Verification, output: Output) -> None:
    counts = {name: getattr(found, name) for name in ("events", "chains", "seals", "unsealed")}
    output.write({"event": "result", "intact": found.intact, **counts, "faults": found.faults})
    counted = f"{found.events} events in {found.chains} chains, {found.seals} seals, {found.unsealed} not sealed yet"
    output.say(f"{'Intact' if found.intact else 'NOT INTACT'}: {counted}.", *found.faults)
