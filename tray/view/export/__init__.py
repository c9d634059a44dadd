"""The ledger's rows as files for other programs. Pure: rows in, lines out, none of them kept."""
