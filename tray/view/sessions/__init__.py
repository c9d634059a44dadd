"""`tankful sessions` for people: a look at the live sessions as a table. Pure.

words       how the values of a session read
fields      the columns, and how a value reads where it has none
below       what stands below a row: tool, processes, subagents
table       all of it, as wide and as high as a terminal
summary     the sentences around the table
"""
