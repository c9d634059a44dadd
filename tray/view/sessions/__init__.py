"""Live sessions for people: `tankful sessions` as a table, and their words for other faces. Pure.

words       how the values of a session read
fields      the columns, and how a value reads where it has none
below       what stands below a row: tool, processes, subagents
table       all of it, as wide and as high as a terminal
brief       how they read where there is little room: menu, tooltip, notices
notices     what notices say about them
choose      which sessions are meant, by provider, filter or name
summary     the sentences around the table
resume_command   what goes on with one in a terminal
"""
