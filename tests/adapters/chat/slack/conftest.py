"""A local Slack for the tests of a folder."""

from collections.abc import AsyncIterator

import pytest

from tests.support.slack import SlackServer
from tests.support.slack_world import workspace


@pytest.fixture
async def slack() -> AsyncIterator[SlackServer]:
    """Return a local Slack with the people of `slack_world`."""
    async with SlackServer(workspace()) as server:
        yield server
