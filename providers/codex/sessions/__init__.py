"""The live sessions of Codex: which process runs which, and what the end of a rollout says of one."""
