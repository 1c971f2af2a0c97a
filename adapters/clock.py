"""The system's clock."""

from datetime import UTC, datetime


class SystemClock:
    """Now, by this machine."""

    def now(self) -> datetime:
        """Return the time, timezone-aware UTC."""
        return datetime.now(UTC)
