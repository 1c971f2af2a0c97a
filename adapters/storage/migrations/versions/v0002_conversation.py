"""What conversations, routing and holds need: threads, follow-ups, queues, agents, chat slots and their inbox."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), autoincrement=False, nullable=False)


def upgrade() -> None:
    """Add columns, then tables."""
    for table, columns in {
        "requests": ("thread", "follows"),
        "plans": ("origin",),
        "tasks": ("ready_at", "not_before"),
    }.items():
        for column in columns:
            op.add_column(table, sa.Column(column, sa.Text(), nullable=True))
    op.create_index("requests_by_plan", "requests", ["plan_id"], unique=False)
    op.create_index("requests_by_thread", "requests", ["thread"], unique=False)
    _create_agents()
    _create_chat()


def _create_agents() -> None:
    op.create_table(
        "routings",
        *map(_text, ("attempt_id", "plan_id", "task_id", "agent_id", "work_type")),
        _number("score"),
        *map(_text, ("components", "reason", "at")),
        sa.PrimaryKeyConstraint("attempt_id"),
    )
    op.create_index("routings_by_plan", "routings", ["plan_id"], unique=False)
    op.create_table(
        "agents",
        *map(_text, ("id", "type", "status", "tools", "specializations", "resources", "registered_at", "seen_at")),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "performances",
        *map(_text, ("agent_id", "work_type")),
        *map(_number, ("succeeded", "failed")),
        _text("last_at"),
        sa.PrimaryKeyConstraint("agent_id", "work_type"),
    )
    op.create_table(
        "holds",
        _text("name"),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        *map(_text, ("person", "at")),
        sa.PrimaryKeyConstraint("name"),
    )


def _create_chat() -> None:
    op.create_table(
        "showings",
        *map(_text, ("plan_id", "thread", "status", "message", "rendering")),
        *map(_number, ("shown", "told")),
        _text("problem"),
        sa.ForeignKeyConstraint(["plan_id"], ["plans.id"]),
        sa.PrimaryKeyConstraint("plan_id", "thread"),
    )
    op.create_index("showings_by_thread", "showings", ["thread"], unique=False)
    op.create_index("showings_by_status", "showings", ["status"], unique=False)
    op.create_table(
        "inbox",
        *map(_text, ("id", "thread", "payload", "status", "at")),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("inbox_by_status", "inbox", ["status"], unique=False)
