"""Local models: what there is, fetching, removing, choosing.

::

    offer            what Foundry Local's catalog offers, and what is here
    meter            percentages and moments -> speed and time left
    here             what is on this computer, from disk alone
    foundry          the catalog as the rest of the program sees it
    foundry_process  the process that speaks with Foundry's native library
    downloads        the download that runs in the background
    manager          all of it for the running program: the page Models
    wording          tables and figures for a terminal
    command          ``python run.py models``

Nothing here is asked while a prompt waits: the catalog is in the network.
"""
