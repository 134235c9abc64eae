"""Training of the small model that recognises private matters, names and addresses."""
