"""`longcode doctor`: is this deployment sound? Each module has the checks of a subject."""
