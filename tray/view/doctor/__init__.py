"""The report of `tankful doctor`: which of its facts are not well, as text and as JSON. Pure."""
