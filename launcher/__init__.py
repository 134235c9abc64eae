"""The bootstrap behind ``run.py``: standard library only, Python 3.11 or newer.

::

    sentences    what it says, in English and German
    lock         one set-up at a time, and a mark that an interrupted one leaves
    packages     pip, with calm progress and clear failures
    environment  the folder ``.venv``: is it ready, make it so
    address      host and port: free, taken, or Nearside itself
    start        ``python run.py``
    serve        the part of the start that runs inside the environment
    desktop      ``python run.py desktop`` and ``package``
    models       ``python run.py models``
    browsers     where Chromium and its like are found
    testing      ``python run.py test`` and ``bench``
    commands     the table of commands

It knows nothing of the application but the names of what it starts.
"""
