"""The full-text index over titles and messages.

Revision ID: 0002
"""

from __future__ import annotations

from alembic import op

from services.history.dialect import create_search

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the index and fill it from what is there."""
    for statement in create_search(op.get_bind().dialect.name):
        op.execute(statement)
