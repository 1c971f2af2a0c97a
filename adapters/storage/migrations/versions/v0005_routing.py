"""Why an attempt went to its agent stands with the attempt: one row to write at each dispatch instead of two."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Move the routings to their attempts."""
    op.add_column("attempts", sa.Column("routing", sa.Text(), nullable=True))
    op.execute(
        "UPDATE attempts SET routing = (SELECT json_object('components', json(components), 'reason', reason,"
        " 'score', score) FROM routings WHERE routings.attempt_id = attempts.id)"
    )
    op.drop_table("routings")
