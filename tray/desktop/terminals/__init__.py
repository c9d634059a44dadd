"""Brings the terminal in which a session runs to the front, or says whether it has focus: only where it is
certain which one that is.

front      from a session to its terminal, and from tmux to the terminal around it
focus      whether the person looks at the terminal of a session (windows_focus: on Windows)
program    a program in a terminal: its tty, its parents, some of its environment
tools      the programs and the display by which all that is asked and done, each with a deadline
tmux, kitty, wezterm, apple, x11_window
           one terminal each (front_program: what is at the front on macOS)

A terminal is recognized by its tty, never by a variable alone: those are inherited by other terminals that are
started in it. Nothing is typed into a terminal, and nothing in it is started or ended.
"""
