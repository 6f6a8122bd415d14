"""What was said in calls, searched by word, and what calls were about."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"

# The index holds no text of its own: it reads the table's, and is told of every change of it.
SQLITE_WORDS = (
    "CREATE VIRTUAL TABLE transcript_words USING fts5("
    "words, content='transcripts', content_rowid='id', tokenize='unicode61', detail=column)",
    """CREATE TRIGGER transcript_words_insert AFTER INSERT ON transcripts WHEN new.words IS NOT NULL BEGIN
        INSERT INTO transcript_words(rowid, words) VALUES (new.id, new.words);
    END""",
    """CREATE TRIGGER transcript_words_delete AFTER DELETE ON transcripts WHEN old.words IS NOT NULL BEGIN
        INSERT INTO transcript_words(transcript_words, rowid, words) VALUES ('delete', old.id, old.words);
    END""",
    """CREATE TRIGGER transcript_words_update AFTER UPDATE OF words ON transcripts BEGIN
        INSERT INTO transcript_words(transcript_words, rowid, words)
            SELECT 'delete', old.id, old.words WHERE old.words IS NOT NULL;
        INSERT INTO transcript_words(rowid, words) SELECT new.id, new.words WHERE new.words IS NOT NULL;
    END""",
)


def upgrade() -> None:
    op.create_table(
        "transcripts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.String(length=32), nullable=False),
        sa.Column("source", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("failure", sa.JSON()),
        sa.Column("language", sa.String(length=16)),
        sa.Column("engine", sa.Text()),
        sa.Column("model", sa.Text()),
        sa.Column("segments", sa.JSON()),
        sa.Column("words", sa.Text()),
        sa.Column("sha256", sa.String(length=64)),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by", sa.String(length=64), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_transcripts"),
        sa.ForeignKeyConstraint(["call_id"], ["calls.call_id"], name="fk_transcripts_call_id"),
        sa.UniqueConstraint("call_id", "source", name="uq_transcripts_call_id_source"),
    )
    op.create_table(
        "summaries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("failure", sa.JSON()),
        sa.Column("kind", sa.String(length=32)),
        sa.Column("language", sa.String(length=16)),
        sa.Column("engine", sa.Text()),
        sa.Column("model", sa.Text()),
        sa.Column("content", sa.JSON()),
        sa.Column("shortened", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by", sa.String(length=64), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_summaries"),
        sa.ForeignKeyConstraint(["call_id"], ["calls.call_id"], name="fk_summaries_call_id"),
        sa.UniqueConstraint("call_id", name="uq_summaries_call_id"),
    )
    if op.get_bind().dialect.name == "sqlite":
        for statement in SQLITE_WORDS:
            op.execute(statement)
    else:
        op.execute(
            "CREATE INDEX ix_transcripts_words ON transcripts USING gin (to_tsvector('simple'::regconfig, words))"
        )
