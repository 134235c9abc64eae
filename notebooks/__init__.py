"""The notebooks of Nearside, and what their cells call.

::

    exploration.ipynb  how prompts are routed, measured and tuned
    http_api.ipynb     the HTTP entrance from the openai client and pandas

    opening     settings and services, as the chat has them, with a history of their own
    asking      one prompt: decided, or answered and timed
    style       colours and figures
    prompt      a prompt's way: passages, score, decision
    streaming   an answer piece by piece
    privacy     how often private prompts are recognised
    outcomes    prompts of which it is known, or judged, who answers them well
    quality     what the share that is sent buys
    calibrated  what the score says against what happened
    tuning      the setting of the share: its picture, its table, its slider
    sides       local model against cloud
    past        the person's own history, read-only
    server      a running program, found or started
    routed      the answers of ``/v1/route`` as a picture
    metrics     the figures of ``/metrics`` as a table
    rendering   an executed notebook as a page of its own

Nothing of the application imports this package. The cells stay short because the
work is here, and what they show comes from the services that the chat uses.
Outputs are not kept in the repository; before a commit:
``jupyter nbconvert --clear-output --inplace notebooks/*.ipynb``.
"""
