"""The one owner of the state: it refreshes, counts, publishes. Every face subscribes."""
