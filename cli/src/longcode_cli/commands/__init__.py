"""The groups of commands, a file for each."""
