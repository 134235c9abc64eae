"""The HTTP entrances besides the chat's own: health, OpenAI's wire format, export.

Also what protects the whole port: the Host and Origin check, and the rewriting
of the page so that it loads with the network cut.
"""
