"""The desktop program in a real window, on a screen of its own."""
