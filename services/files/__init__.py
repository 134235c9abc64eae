"""Files that a person attaches: read here, never sent as files.

::

    limits    how large, how many, how long
    kinds     what kind of file it is, by its own bytes
    plain     text in its encodings
    gathered  text that grows until it is too much
    pages     text of PDFs
    word      text of Word documents
    markup    text of web pages and mails
    worker    the process that reads what has a structure
    reader    FileReader: a file's text, or one sentence why there is none
    joining   the one text of a message and its files
    uploads   files that wait in memory for their message

Whatever can be read becomes text of the message, and is judged, redacted, kept and
deleted like it. What has a structure is read in a process of its own, which has no
network and little memory, and is ended when it takes too long.
"""
