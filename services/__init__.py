"""Nearside's services: everything behind the thin entrances.

::

    domain       frozen values: Message, Route, Decision, Token ...
    departure    one more of them: a row of the ledger
    attachment   two more: an attached file, its place in a text
    categories   the words for what is private
    texts        every sentence a person reads, in English and German
    errors       the exception tree; each error carries its sentence
    settings     the settings, read once
    endpoints    the part of them that says where models are reached
    integrity    checksums of model folders
    telemetry    the switches that keep libraries from calling home
    addresses    what counts as this computer or the user's own network
    local_choice the local model that was chosen
    running      which server runs on a data folder
    ports        Protocols between the parts
    routing/     messages -> findings, score -> Decision
    backends/    models that answer: local engine, OpenAI-compatible servers
    egress/      the gate: the only way out of this computer
    history/     the store on SQLAlchemy, search, export, Chainlit's adapter
    files/       attached files: their text, or why there is none
    conversation the only orchestration: one message from prompt to stored answer
    api/         OpenAI-compatible HTTP entrance, health
    models/      local models: what there is, fetching, removing, choosing
    bootstrap    the only module that builds concretes; above it, the commands

Imports point upwards in this list, never down; ``tests/test_architecture.py``
holds everyone to it.
"""
