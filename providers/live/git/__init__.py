"""What git says of the folders of sessions: the branch, and how many files are new or modified."""
