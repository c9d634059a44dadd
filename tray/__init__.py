"""What a person sees: the command line, the icon, the menu. Reads `providers`, is read by nobody."""
