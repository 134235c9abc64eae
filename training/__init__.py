"""The pipeline that makes the built-in model: ``python -m training.build``.

::

    corpus/    what the guide knows, by topic: answers and phrasings (data)
    families   phrasings with alternatives -> prompts; which are held out
    noise      typos, case, missing umlauts, as people type them
    intents    everyday requests of two public collections -> topics
    examples   everything above -> conversations with their right answers
    encoder    what words and texts mean, as a large model of others has it
    words      texts with other words in them
    lessons    prompts in other words
    teacher    encoder and phrasings -> what such prompts ask for
    tokenizer  byte-level BPE of our own, chat template
    model      the architecture
    train      conversations -> weights, resumable
    export     weights -> ONNX Runtime GenAI directory with checksums
    evaluate   held-out prompts -> figures

Nothing of the application imports this package.
"""
