"""The live sessions of Claude Code: found by the records that it writes of itself, read from their transcripts.

finder      all of it, as the rest of the project asks for it
search      which sessions run in which processes: `records` of the program, `identity` of the process that wrote
            one; without one `unrecorded`, by its `tools`; `ended`: those that ran a moment ago
agents      which processes are Claude Code, and what each is for
transcripts, session_folder   where a log is, and what lies beside it: subagents, memory
reader      what the end of a log says (`lines`: its members; `tool_argument`: what of a call is shown)
status      what a session is doing, of all that: pure
"""
