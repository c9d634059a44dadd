#!/usr/bin/env bash
# Since DuckDB 1.3 a column named `at` must be quoted, and the error names another word than it.
#
# Guess: words that SQL reserves need quotes as names of columns, such as `order`, `group` and `window`; `at` is none of
#   them in PostgreSQL or SQLite, nor was it in DuckDB, so `SELECT at FROM read_csv(…)` works as well as `SELECT day`.
# What is so: up to 1.2 it works. Since 1.3, which has AT for the version of a table, it is a keyword that cannot begin
#   an expression: `SELECT at FROM` fails with "syntax error at or near "FROM"", as if `at` were not there. With
#   quotes, or as `t.at`, it works. duckdb_keywords() has it as "type_function", so who quotes what is "reserved" misses
#   it. A program that exports CSV for others had better call the column something else.
# Version: duckdb 1.2.2, 1.3.2, and 2.0.1 (PyPI).
# Source: seen, in the results and errors below.
#
# Needs python3 with venv.
set -euo pipefail

fail() { echo "CHANGED: $*" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

printf 'at,day,window\n1,2,3\n' >"$work/it.csv"
cat >"$work/run.py" <<'EOF'
"""run.py CSV: what some queries give."""
import sys

import duckdb

print("duckdb", duckdb.__version__)
for query in ("SELECT day FROM", "SELECT at FROM", 'SELECT "at" FROM', "SELECT it.at FROM", "SELECT window FROM"):
    try:
        found = duckdb.sql(f"{query} '{sys.argv[1]}' AS it").fetchall()
    except duckdb.ParserException as error:
        found = str(error).splitlines()[0]
    print(f"{query}: {found}")
for word in ("at", "window"):
    found = duckdb.sql(f"SELECT keyword_category FROM duckdb_keywords() WHERE keyword_name = '{word}'").fetchall()
    print(f"{word} is", found[0][0] if found else "no keyword")
EOF

case_of() { # VERSION OF-AT CATEGORY
    python3 -m venv "$work/$1"
    timeout 300 "$work/$1/bin/pip" install --quiet --disable-pip-version-check "duckdb==$1"
    local seen expected
    seen=$(HOME=$work timeout 60 "$work/$1/bin/python" "$work/run.py" "$work/it.csv")
    echo "$seen"
    expected="duckdb $1
SELECT day FROM: [(2,)]
SELECT at FROM: $2
SELECT \"at\" FROM: [(1,)]
SELECT it.at FROM: [(1,)]
SELECT window FROM: Parser Error: syntax error at or near \"FROM\"
at is $3
window is reserved"
    [[ $seen == "$expected" ]] || fail "expected"$'\n'"$expected"
}

case_of 1.2.2 "[(1,)]" unreserved
case_of 1.3.2 'Parser Error: syntax error at or near "FROM"' type_function
case_of 2.0.1 'Parser Error: syntax error at or near "FROM"' type_function
echo "as found: at has to be quoted since 1.3"
