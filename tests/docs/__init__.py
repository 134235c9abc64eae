"""The documentation is true: its commands run, its settings work, its lists are the code's."""
