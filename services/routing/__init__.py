"""Two judgements over a whole conversation, and the decision that follows.

``folding`` undoes disguises, ``detectors`` and its neighbours find private
passages behind ``gates`` that save their time, ``privacy`` runs them over every
message; ``complexity`` scores the newest turn by a trained model that reads
``prompt_features``, and by ``rule_score`` where that cannot be loaded;
``local_class`` tells how able the local model is; ``trail`` tells which turns may
travel; ``router`` decides.
"""
