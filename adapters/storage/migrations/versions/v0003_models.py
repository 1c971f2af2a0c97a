"""What models were asked for, and what it took: usage, and why which model was chosen."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def _text(name: str, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=null)


def _number(name: str, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), autoincrement=False, nullable=null)


def upgrade() -> None:
    """Add both tables, and why a task waits for a new budget."""
    op.add_column("tasks", _text("postponed", null=True))
    op.create_table(
        "usage",
        *map(_text, ("id", "at", "purpose", "person")),
        *(_text(name, null=True) for name in ("request_id", "plan_id", "task_id")),
        *map(_text, ("tier", "model")),
        *map(_number, ("input_tokens", "output_tokens", "cache_read_tokens", "cache_written_tokens")),
        sa.Column("cost_usd", sa.Float(), nullable=True),
        _number("milliseconds"),
        _text("error", null=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("usage_by_tier", "usage", ["tier", "at"], unique=False)
    op.create_index("usage_by_request", "usage", ["request_id"], unique=False)
    op.create_index("usage_by_plan", "usage", ["plan_id"], unique=False)
    op.create_table(
        "fallback_decisions",
        *map(_text, ("id", "task_id")),
        *(_text(name, null=True) for name in ("plan_id", "request_id")),
        *map(_text, ("decision", "reason")),
        sa.Column("quota_remaining_percent", sa.Float(), nullable=False),
        _text("complexity_level"),
        _number("fallback_tier"),
        _text("model_used"),
        _number("tokens_used", null=True),
        sa.Column("cost_usd", sa.Float(), nullable=True),
        _text("error_message", null=True),
        _text("created_at"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("fallback_decisions_by_time", "fallback_decisions", ["created_at"], unique=False)
