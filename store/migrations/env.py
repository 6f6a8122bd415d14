"""Alembic runs this module; the connection, its transaction and its lock come from `store.migrate`."""

from alembic import context

from store import (
    after_call_models,
    callback_models,
    directory_models,
    figure_models,
    integration_models,
    job_models,
    message_models,
    meta_file_models,
    number_models,
    prompt_models,
    push_models,
    recording_models,
    report_models,
    transcript_models,
)
from store.models import Row

# Imported for their tables.
OTHERS = (
    after_call_models,
    callback_models,
    directory_models,
    figure_models,
    integration_models,
    job_models,
    message_models,
    meta_file_models,
    number_models,
    prompt_models,
    push_models,
    recording_models,
    report_models,
    transcript_models,
)
assert {models.Row.metadata for models in OTHERS} == {Row.metadata}
connection = context.config.attributes["connection"]
assert connection is not None, "migrations are run by store.migrate, or by its config(connection)"
context.configure(
    connection=connection,
    target_metadata=Row.metadata,
    render_as_batch=True,  # SQLite cannot alter tables
)
with context.begin_transaction():
    context.run_migrations()
