"""The history: what was said, by whom, from where, and what left this computer.

::

    engine, faults     the connection; driver errors become ours
    dialect            what differs between SQLite and PostgreSQL
    tables, rows       the tables, and the way to the values of the domain
    migrations, backup from one version to the next
    store              the store of the orchestration, the ledger of the gate
    opening            what stands in for a history that cannot be opened
    library            lists, search, names, ratings, deletion
    attachments        steps and elements
    cleanup            deleting without a trace
    titles, export     names for conversations; Markdown, JSON, JSON Lines
    memory, spool      temporary conversations; what waits for a full disk
    ratings            thumbs and favourites
    incoming, thread_view  between the interface's shapes and ours
    chainlit_layer     the interface's data layer; the only user of chainlit here
"""
