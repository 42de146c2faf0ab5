"""`python -m longcode_cli` is the command `longcode`."""

from longcode_cli.main import main

main()
