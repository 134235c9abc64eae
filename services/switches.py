"""Which categories of private content a person switched off (``NEARSIDE_NOT_PRIVATE``)."""

from __future__ import annotations

from services.categories import CATEGORIES
from services.errors import SettingsError


def switched_off(value: str | None) -> frozenset[str]:
    """The categories named in ``value``, separated by commas; none by default.

    Raises:
        SettingsError: a word that is no category; the sentence lists them all.
    """
    words = (value or "").lower().replace(",", " ").split()
    if unknown := [word for word in words if word not in CATEGORIES]:
        allowed = f"names of categories separated by commas: {', '.join(CATEGORIES)}"
        raise SettingsError(name="NEARSIDE_NOT_PRIVATE", value=unknown[0], allowed=allowed)
    return frozenset(words)
