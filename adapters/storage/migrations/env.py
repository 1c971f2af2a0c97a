"""Alembic's entry: run the migrations on the database that `upgrade` was asked for."""

from alembic import context
from sqlalchemy import URL, create_engine
from sqlalchemy.pool import NullPool

from adapters.storage.tables import metadata

engine = create_engine(URL.create("sqlite", database=str(context.config.attributes["database"])), poolclass=NullPool)
with engine.connect() as connection:
    # Python's sqlite3 opens no transaction before DDL: without this, each statement is a commit of its own.
    connection.exec_driver_sql("BEGIN IMMEDIATE")
    context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
engine.dispose()
