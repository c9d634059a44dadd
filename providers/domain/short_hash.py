"""Names for files, made of text: the standard library alone, and none of it imported."""

from __future__ import annotations


def short_hash(text: str) -> str:
    """FNV-1a of 64 bits: enough to name files, and hashlib would load OpenSSL first (3 ms)."""
    digest = 0xCBF29CE484222325
    for byte in text.encode(errors="replace"):
        digest = (digest ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return f"{digest:016x}"
