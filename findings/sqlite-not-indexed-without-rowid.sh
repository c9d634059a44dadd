#!/usr/bin/env bash
# SQLite's NOT INDEXED is ignored for a table WITHOUT ROWID: the index that it forbids is used all the same.
#
# Guess: `FROM t NOT INDEXED` keeps the planner off every index of `t`, so that a sum over most of a table is one scan
#   of it, and not a walk through an index with a search of the table for each row.
# What is so: a table with a rowid obeys. One WITHOUT ROWID, as often used for keys of several columns, is grouped by
#   way of its secondary index, silently; a unary plus before the column (GROUP BY +thread) keeps it off.
# Version: SQLite 3.40.1 (Debian 12) and 3.51.1, that of pysqlite3-binary 0.5.4.post2 (PyPI).
# Source: seen, in the query plans below.
#
# Needs python3 with venv.
set -euo pipefail
VERSION=0.5.4.post2

fail() { echo "CHANGED: $*" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

python3 -m venv "$work/env"
timeout 300 "$work/env/bin/pip" install --quiet --disable-pip-version-check "pysqlite3-binary==$VERSION"
seen=$("$work/env/bin/python" - <<'EOF'
import sys
from pysqlite3 import dbapi2 as sqlite3

print("SQLite", sqlite3.sqlite_version, file=sys.stderr)
for kind in ("", " WITHOUT ROWID"):
    db = sqlite3.connect(":memory:")
    db.execute(f"CREATE TABLE t(part INT, session INT, thread INT, a INT, PRIMARY KEY(part, session)){kind}")
    db.execute("CREATE INDEX i ON t(thread)")
    for group in ("thread", "+thread"):
        plan = db.execute(f"EXPLAIN QUERY PLAN SELECT thread, sum(a) FROM t NOT INDEXED GROUP BY {group}").fetchone()
        print(f"t{kind}, GROUP BY {group}: {plan[-1]}")
EOF
)
echo "$seen"
expected='t, GROUP BY thread: SCAN t
t, GROUP BY +thread: SCAN t
t WITHOUT ROWID, GROUP BY thread: SCAN t USING INDEX i
t WITHOUT ROWID, GROUP BY +thread: SCAN t'
[[ $seen == "$expected" ]] || fail "expected"$'\n'"$expected"
echo "as found: only a table with a rowid obeys"
