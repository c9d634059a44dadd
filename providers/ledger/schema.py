"""The tables of the ledger, by version."""

from __future__ import annotations

APPLICATION_ID = 0x74616E6B  # "tank"
SCHEMA = (
    """
    CREATE TABLE homes(id INTEGER PRIMARY KEY, provider TEXT NOT NULL, path TEXT NOT NULL,
        UNIQUE(provider, path));
    CREATE TABLE logs(id INTEGER PRIMARY KEY, home INTEGER NOT NULL, path TEXT NOT NULL,
        inode INTEGER NOT NULL, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL,
        offset INTEGER NOT NULL, before BLOB NOT NULL, skipped INTEGER NOT NULL, whole INTEGER NOT NULL,
        gone INTEGER NOT NULL, judged INTEGER NOT NULL, part INTEGER NOT NULL, last_ms INTEGER NOT NULL,
        UNIQUE(home, path));
    CREATE INDEX logs_of_part ON logs(part);
    CREATE INDEX unjudged_logs ON logs(home, gone, last_ms) WHERE judged = 0;
    CREATE TABLE observations(log INTEGER PRIMARY KEY, observation BLOB NOT NULL);
    CREATE TABLE links(name INTEGER NOT NULL, log INTEGER NOT NULL, PRIMARY KEY(name, log)) WITHOUT ROWID;
    CREATE TABLE contexts(id INTEGER PRIMARY KEY, home INTEGER NOT NULL, session TEXT NOT NULL,
        root TEXT NOT NULL, project TEXT NOT NULL, model TEXT NOT NULL, effort TEXT NOT NULL,
        tier TEXT NOT NULL, originator TEXT NOT NULL,
        UNIQUE(home, session, model, effort, tier, root, project, originator));
    CREATE TABLE responses(part INTEGER NOT NULL, at_ms INTEGER NOT NULL, key INTEGER NOT NULL,
        context INTEGER NOT NULL, input INTEGER NOT NULL, cache_read INTEGER NOT NULL,
        cache_write INTEGER NOT NULL, cache_write_1h INTEGER NOT NULL, output INTEGER NOT NULL,
        reasoning INTEGER NOT NULL, web_searches INTEGER NOT NULL, pico_usd INTEGER,
        PRIMARY KEY(part, at_ms, key, context)) WITHOUT ROWID;
    CREATE TABLE parts(id INTEGER PRIMARY KEY, first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL);
    CREATE TABLE limits(account TEXT NOT NULL, window TEXT NOT NULL, at_ms INTEGER NOT NULL,
        used_percent REAL NOT NULL, resets_ms INTEGER, source TEXT NOT NULL,
        PRIMARY KEY(account, window, at_ms)) WITHOUT ROWID;
    CREATE TABLE meta(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    """,
    """
    ALTER TABLE parts ADD COLUMN summed INTEGER NOT NULL DEFAULT 0;
    CREATE TABLE counters(id INTEGER PRIMARY KEY, provider TEXT NOT NULL, account TEXT NOT NULL,
        model TEXT NOT NULL, epoch INTEGER NOT NULL, responses INTEGER NOT NULL DEFAULT 0,
        input INTEGER NOT NULL DEFAULT 0, cache_read INTEGER NOT NULL DEFAULT 0,
        cache_write INTEGER NOT NULL DEFAULT 0, cache_write_1h INTEGER NOT NULL DEFAULT 0,
        output INTEGER NOT NULL DEFAULT 0, reasoning INTEGER NOT NULL DEFAULT 0, pico_usd INTEGER,
        UNIQUE(provider, account, model));
    CREATE TABLE sums(counter INTEGER NOT NULL, part INTEGER NOT NULL, responses INTEGER NOT NULL,
        input INTEGER NOT NULL, cache_read INTEGER NOT NULL, cache_write INTEGER NOT NULL,
        cache_write_1h INTEGER NOT NULL, output INTEGER NOT NULL, reasoning INTEGER NOT NULL,
        pico_usd INTEGER, PRIMARY KEY(counter, part)) WITHOUT ROWID;
    """,
    """
    CREATE TABLE contexts_with_accounts(id INTEGER PRIMARY KEY, home INTEGER NOT NULL, session TEXT NOT NULL,
        root TEXT NOT NULL, project TEXT NOT NULL, model TEXT NOT NULL, effort TEXT NOT NULL,
        tier TEXT NOT NULL, originator TEXT NOT NULL, account TEXT NOT NULL, not_on_lines INTEGER NOT NULL,
        UNIQUE(home, session, model, effort, tier, root, project, originator, account, not_on_lines));
    INSERT INTO contexts_with_accounts SELECT id, home, session, root, project, model, effort, tier, originator,
        '', 0 FROM contexts;
    DROP TABLE contexts;
    ALTER TABLE contexts_with_accounts RENAME TO contexts;
    CREATE TABLE logins(home INTEGER NOT NULL, since_ms INTEGER NOT NULL, until_ms INTEGER NOT NULL,
        account TEXT NOT NULL, PRIMARY KEY(home, since_ms)) WITHOUT ROWID;
    """,
    """
    CREATE TABLE IF NOT EXISTS windows(account TEXT NOT NULL, window TEXT NOT NULL, starts_ms INTEGER NOT NULL,
        resets_ms INTEGER, used_percent REAL NOT NULL, seen_ms INTEGER NOT NULL, ended_ms INTEGER,
        reset_early INTEGER NOT NULL, redeemed INTEGER NOT NULL, moved INTEGER NOT NULL, moved_ms INTEGER,
        moved_from_ms INTEGER, spent_ms INTEGER, refused_ms INTEGER, credits_used TEXT,
        PRIMARY KEY(account, window, starts_ms)) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS purses(account TEXT PRIMARY KEY, balance_ms INTEGER, balance TEXT,
        resets_ms INTEGER, resets INTEGER, expires_ms INTEGER, redeemed_ms INTEGER) WITHOUT ROWID;
    """,
    """
    ALTER TABLE homes ADD COLUMN checksum INTEGER;
    ALTER TABLE contexts ADD COLUMN checksum INTEGER;
    ALTER TABLE logs ADD COLUMN checksum INTEGER;
    ALTER TABLE observations ADD COLUMN checksum INTEGER;
    ALTER TABLE sums ADD COLUMN checksum INTEGER;
    ALTER TABLE counters ADD COLUMN checksum INTEGER;
    ALTER TABLE limits ADD COLUMN checksum INTEGER;
    ALTER TABLE windows ADD COLUMN checksum INTEGER;
    ALTER TABLE purses ADD COLUMN checksum INTEGER;
    ALTER TABLE logins ADD COLUMN checksum INTEGER;
    CREATE TABLE part_checksums(part INTEGER NOT NULL, home INTEGER NOT NULL, first_ms INTEGER NOT NULL,
        last_ms INTEGER NOT NULL, shown INTEGER NOT NULL, hidden INTEGER NOT NULL,
        PRIMARY KEY(part, home)) WITHOUT ROWID;
    DELETE FROM sums;
    UPDATE parts SET summed = 0;
    """,
    """
    CREATE TABLE messages(part INTEGER NOT NULL, context INTEGER NOT NULL, first_ms INTEGER NOT NULL,
        last_ms INTEGER NOT NULL, packed BLOB NOT NULL, checksum INTEGER NOT NULL,
        PRIMARY KEY(part, context)) WITHOUT ROWID;
    """,
)
"""Each entry upgrades the schema by one version; a released entry is never changed."""
