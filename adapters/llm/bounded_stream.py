"""Keeps what Ollama streams within bounds, since its client collects lines of any length. Imported by `ollama`.

What `bounded_body` is, for the other HTTP library that the two SDKs brought along.
"""

from collections.abc import AsyncIterator

import httpx

from adapters.llm.bounds import bounded, refuse_packed

MOST_BYTES = 8 * 2**20
"""Each token comes as a line of its own of some hundred bytes."""


class BoundedStream(httpx.AsyncByteStream):
    """A body that ends with BodyTooLong."""

    def __init__(self, body: httpx.AsyncByteStream) -> None:
        self._body = body

    def __aiter__(self) -> AsyncIterator[bytes]:
        return bounded(self._body, MOST_BYTES)

    async def aclose(self) -> None:
        """Give the connection back."""
        await self._body.aclose()


async def bound(response: httpx.Response) -> None:
    """Bound the body of a response that is about to be read."""
    refuse_packed(response.headers)
    assert isinstance(response.stream, httpx.AsyncByteStream)
    response.stream = BoundedStream(response.stream)
