"""The few ways to the outside: files, HTTP, processes, terminals, programs, the system's keyring."""
