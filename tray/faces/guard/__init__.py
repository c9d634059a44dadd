"""`tankful guard`: whether an agent may go on, from the published snapshot.

    options    the arguments
    judge      (snapshot, time) → the verdict: pure; budgets adds those of the person's own
    verdict    go on, warn, stop or not known; `document` as JSON and exit code
    homes      whose limits count
    command    the answer of `tankful guard` where the snapshot is fresh; `tray.cli.guard` asks for a fresh one
    hook       the answer to a CLI's hook, in the protocol of `providers/<id>/hook.py`
    waiting    `--wait`

A CLI waits for its hook before each tool: the standard library alone, and little of it.
"""
