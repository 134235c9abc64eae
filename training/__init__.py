"""The pipeline that makes the built-in model: ``python -m training.build``.

::

    corpus/    what the guide knows, by topic: answers and phrasings (data)
    families   phrasings with alternatives -> prompts; which are held out
    noise      typos, case, missing umlauts, as people type them
    intents    everyday requests of two public collections -> topics
    examples   everything above -> conversations with their right answers
    tokenizer  byte-level BPE of our own, chat template
    model      the architecture
    train      conversations -> weights, resumable
    export     weights -> ONNX Runtime GenAI directory with checksums
    evaluate   held-out prompts -> figures

Nothing of the application imports this package.
"""
