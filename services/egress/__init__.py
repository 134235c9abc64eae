"""The gate: the only way out of this computer.

::

    gate        EgressGate: the one place that makes HTTP clients
    checkpoint  what every request to the cloud passes before a byte is sent
    payload     every string of a request, for the privacy check
    transcript  what the ledger keeps of a request's text
    headers     the few headers that travel
    nearby      connections to the user's own model server, kept in the vicinity
    proxy       the proxy of the user's network, if there is one
"""
