"""One line for a status bar, a prompt or a terminal, out of snapshot.json; with the standard library alone.

snapshot → line (what is shown) → formats (how each program wants it), or template (the person's own words)

words        how values read in a line
line         the text, the tooltip, the class and the percentage of a snapshot: pure
template     `{codex.session.left}` and the like: pure
formats      a function for each program that shows lines, with its way to escape the data: pure
options      the arguments of both commands, as their fast paths read them
statusline   the command that prints one line and ends
watch        the command that prints a line for each change; changes (what it waits for), keeper (its engine)
"""
