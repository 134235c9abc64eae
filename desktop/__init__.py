"""The chat in a window of its own: ``python run.py desktop``, and the packaged program.

::

    quiet           switches that keep a browser from calling home
    geometry        size and place of the window, remembered
    instance        one window at a time; a second start brings it to the front
    splash          what the window shows until the chat is there
    notices         the system's notice that an answer is ready
    server          the server's process: start, address, end
    serving         what runs in it: the application on a free port
    qt              what the window needs on Qt: saving, icon, colours, menu
    display         whether Qt can open a window here
    web_view        the window on the system's web view
    browser_window  the window of an installed browser, where there is no web view
    command         puts these together
    frozen          the entrance of the packaged program
    packaging       ``python run.py package``

It stands above the application and knows no part of it but its address, its
settings and its sentences. Packages: ``requirements-desktop.txt``.
"""
