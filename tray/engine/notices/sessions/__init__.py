"""Notices about live sessions. They have a life of their own: a wait begins and ends within seconds, and
belongs to no window of an account.

    kinds      what of a session is worth a notice, and how long it must hold
    memory     what one process knows of waits, and of the notices that it shows for them
    waits      which waits are due: once each
    shares     which sessions have used much of their week: once for each session and window
    due        all of it, at one moment
"""
