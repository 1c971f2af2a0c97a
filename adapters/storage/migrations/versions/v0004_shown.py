"""When a plan was asked to be shown in a thread, so that the thread is about it from then on."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the column."""
    op.add_column("showings", sa.Column("asked_at", sa.Text(), nullable=True))
