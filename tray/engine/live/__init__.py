"""Live sessions: when they are looked at, and how one look is shared by all faces of this machine."""
