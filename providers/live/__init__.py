"""From the processes and logs of this machine to its live sessions: shared by all providers."""
