"""The categories of private passages: stable machine words.

Each has a lay name ``category.<word>`` in the locales. ``REPLACEABLE`` are
those whose passage a placeholder can stand for; a statement about somebody's
life or a confidentiality marker covers more text than its passage, so a
conversation that holds one is never sent redacted.
"""

from __future__ import annotations

IDENTIFIERS = (
    "email",
    "phone",
    "address",
    "birth_date",
    "person",
    "iban",
    "card",
    "bank_account",
    "government_id",
    "health_id",
    "ip_address",
    "mac_address",
)
SECRETS = ("secret", "password")
STATEMENTS = (
    "health",
    "finances",
    "legal",
    "employment",
    "relationship",
    "belief",
    "sexuality",
    "children",
    "whereabouts",
    "confession",
)
MARKERS = ("marker",)

CATEGORIES = (*IDENTIFIERS, *SECRETS, *STATEMENTS, *MARKERS)
REPLACEABLE = frozenset((*IDENTIFIERS, *SECRETS))
