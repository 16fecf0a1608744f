"""The command line: one file a group of commands; it asks a Practice and shows what it answers."""
