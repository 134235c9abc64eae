"""Two judgements over a whole conversation, and the decision that follows.

``folding`` undoes disguises, ``detectors`` and its neighbours find private
passages, ``privacy`` runs them over every message; ``complexity`` scores the
newest turn; ``trail`` tells which turns may travel; ``router`` decides.
"""
