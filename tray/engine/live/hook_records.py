"""What `tankful hook` recorded of live sessions, in the state folder."""

from __future__ import annotations

FOLDER = "live"
