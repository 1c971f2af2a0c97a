"""Faults on demand for the Web API: each waits for the next calls of one method and then strikes."""

import asyncio
from dataclasses import dataclass, field


@dataclass
class Fault:
    """What happens to a call. `applied` tells whether the call takes effect first; `seconds` delay its answer."""

    method: str
    times: int = 1
    applied: bool = False
    cut: bool = False
    status: int = 0
    error: str = ""
    seconds: float = 0.0
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    reached: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def word(self) -> str:
        """Return what the ledger calls it; empty for a fault that only delays."""
        return self.error or ("cut" if self.cut else f"http_{self.status}" if self.status else "")

    async def delay(self) -> None:
        """Wait as long as the fault says."""
        self.reached.set()
        await asyncio.sleep(self.seconds)
        await self.gate.wait()


NONE = Fault("")
NONE.gate.set()


class Faults:
    """The faults that are still to come."""

    def __init__(self) -> None:
        self.planned: list[Fault] = []
        self._ever: list[Fault] = []

    def cut_after(self, method: str, times: int = 1) -> Fault:
        """Let calls take effect and cut the connection before they are answered."""
        return self._plan(Fault(method, times, applied=True, cut=True))

    def cut_before(self, method: str, times: int = 1) -> Fault:
        """Cut the connection before calls take effect."""
        return self._plan(Fault(method, times, cut=True))

    def fail(self, method: str, status: int = 500, times: int = 1, applied: bool = False) -> Fault:
        """Answer with an HTTP status and no JSON."""
        return self._plan(Fault(method, times, applied=applied, status=status))

    def refuse(self, method: str, error: str, times: int = 1, applied: bool = False) -> Fault:
        """Answer with one of Slack's error codes."""
        return self._plan(Fault(method, times, applied=applied, error=error))

    def slow(self, method: str, seconds: float, times: int = 1) -> Fault:
        """Let calls take effect and answer late."""
        return self._plan(Fault(method, times, applied=True, seconds=seconds))

    def hold(self, method: str, applied: bool = True) -> Fault:
        """Hold one call until `fault.gate` is set; `fault.reached` tells that it came."""
        return self._plan(Fault(method, applied=applied), held=True)

    def take(self, method: str) -> Fault:
        """Return the fault that strikes this call, or one that does nothing."""
        for fault in self.planned:
            if fault.method == method:
                fault.times -= 1
                if fault.times <= 0:
                    self.planned.remove(fault)
                return fault
        return NONE

    def end(self) -> None:
        """Forget the faults still to come and let go of the calls that are held."""
        self.planned.clear()
        for fault in self._ever:
            fault.gate.set()

    def _plan(self, fault: Fault, held: bool = False) -> Fault:
        self.planned.append(fault)
        self._ever.append(fault)
        if not held:
            fault.gate.set()
        return fault
