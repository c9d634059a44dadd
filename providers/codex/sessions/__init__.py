"""The live sessions of Codex: which process runs which, and what the end of a rollout says of one.

finder      all of it, as the rest of the project asks for it
agents      which processes are Codex, and what each is for
owners      which process runs which session, by its open files (rollouts: their names and first lines); logged:
            those that only a rollout tells of, ended ones and subagents
titles      what threads are called
reader      what the end of a rollout says (lines: its members; calls: the tool calls without a result, arguments:
            what of one is shown)
tool_runs   whether a call runs, by its processes
status      what a session is doing, of all that: pure
"""
