"""The few ways to the outside: each a small object that tests replace by a fake of the same shape."""
