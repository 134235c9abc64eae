"""The local engine: a model on this computer, run in a process of its own.

::

    engine        LocalEngineBackend, what the rest of the program sees
    turnstile     who is next: a bounded queue in which conversations take turns
    supervisor    starts, restarts, unloads and watches the worker
    backoff       how long to wait after a crash
    child         one worker process and the threads that speak with it
    environment   what the worker may know of our environment
    protocol      the frames between the two processes
    model_ref     which model: built in, a folder, or a Foundry alias
    worker        the process itself: reads prompts, writes answers
    seal          takes the network away from that process
    choice        which native library runs a folder
    runtime       what the worker needs from such a library
    onnx_runtime  ONNX Runtime GenAI on a model folder
    cores         how many threads pay off
    kv_cache      conversations whose prompt the model has already read
    own_tokens    answers by the very tokens that the model wrote
    foundry_runtime, foundry_cache   Foundry Local on a registered folder
    prompt        messages made safe for a chat template
    stops         stop sequences over streamed text
    integrity     checksums of a model folder

The names down to ``child`` live in the application, those from ``worker`` on
in the worker; only ``protocol`` and ``model_ref`` are known to both. Native
libraries are imported by the worker alone.
"""
