"""The checksums of messages, in Python and in SQL: a report verifies many, and makes no row of them."""

from __future__ import annotations

import sqlite3
from struct import Struct
from zlib import crc32

NUMBERS = Struct("<4q")
"""Part, context, first and last time: the checksum begins with them."""
INTACT_MESSAGES = (
    "(crc32(CAST(m.packed AS BLOB), crc32(message_numbers(m.part, m.context, m.first_ms, m.last_ms)))"
    " IS m.checksum)"
)
"""An SQL condition on a row of `messages m`. SQLite raises OperationalError where a number is none."""


def register(db: sqlite3.Connection) -> None:
    db.create_function("crc32", -1, crc32, deterministic=True)
    db.create_function("message_numbers", 4, NUMBERS.pack, deterministic=True)


def is_damage(error: sqlite3.OperationalError) -> bool:
    """Whether a function of ours was given what we never write."""
    return "user-defined function" in str(error)
