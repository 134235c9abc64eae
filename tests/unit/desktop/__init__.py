"""The parts of the desktop program."""
