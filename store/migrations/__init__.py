"""Alembic's environment: `store.migrate` runs it."""
