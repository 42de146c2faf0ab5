"""The command line of Longcode's operator."""
