"""`tankful guard`: whether an agent may go on, from the published snapshot.

    options    the arguments
    verdict    (snapshot, time) → go on, warn, stop or not known: pure
    command    the answer of `tankful guard` where the snapshot is fresh; `tray.cli.guard` asks for a fresh one
    hook       the answer to a CLI's hook, in the protocol of `providers/<id>/hook.py`
    deadline   the end of a hook that hangs
    marks      what hooks remember: when they last answered, and which turns they have warned

A CLI waits for its hook before each tool: the standard library alone, and little of it.
"""
