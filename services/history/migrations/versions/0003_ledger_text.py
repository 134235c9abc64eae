"""The ledger also keeps route, model and the text that left.

Revision ID: 0003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns. Older rows get their route; their text was never kept."""
    for name in ("route", "model", "text"):
        op.add_column("departures", sa.Column(name, sa.String(), nullable=True))
    rows = sa.table(
        "departures",
        sa.column("allowed", sa.Boolean()),
        sa.column("replaced", sa.Integer()),
        sa.column("route", sa.String()),
    )
    route = sa.case(
        (sa.not_(rows.c.allowed), "refused"),
        (rows.c.replaced > 0, "cloud-redacted"),
        else_="cloud",
    )
    op.execute(rows.update().values(route=route))
