"""The live sessions of Claude Code: found by the records that it writes of itself, read from their transcripts.

records (what it writes) → identity (whose process that is) → finder; agents: which processes it has; transcripts:
where its logs are; reader (of lines): what the end of a log says; status: what a session is doing, of all that.
"""
