"""Alembic's entry: runs the migrations on the connection that it is given."""

from alembic import context

from services.history.tables import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
