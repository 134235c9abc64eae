"""Answers also keep how sure the model was.

Revision ID: 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column. How sure a model was of older answers is not known."""
    op.add_column("messages", sa.Column("confidence", sa.Double(), nullable=True))
