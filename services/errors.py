"""The one exception tree.

::

    NearsideError
    ├── SettingsError          a setting has a value that cannot be used
    ├── InvalidMessage         a message that cannot be answered (empty, too large)
    │   └── FileError              a file that cannot be read, or not attached
    ├── Refused                private, and nothing local is able to answer
    ├── ModelDamaged           a small model of ours is not the one that was made
    ├── PrivacyModelDamaged    the trained part of the privacy check cannot be loaded
    ├── EgressDenied           the gate found something private in a payload
    ├── BackendError           a model did not answer
    │   ├── BackendUnavailable     not there: no connection, not loaded, 5xx
    │   ├── BackendTimeout         there, but silent for too long
    │   ├── BackendRejected        it said no: wrong key, unknown model, too long
    │   ├── BackendBusy            429, or the local queue is full
    │   └── BackendProtocolError   it answered something that is not a chat stream
    ├── RuleError              a rule, or the file of rules, cannot be used
    ├── CalibrationError       nothing can be learned from the judged answers
    ├── ModelError             a local model cannot be listed, fetched, removed or chosen
    └── StorageError           the history cannot be read or written
        ├── StorageReadOnly
        ├── StorageLocked
        ├── StorageFull
        └── StorageCorrupt

Each error carries a key of ``services/locales`` and the values for its
sentence: :meth:`NearsideError.sentence` says, in the reader's language, what
is wrong and what to do. ``str(error)`` is the English sentence. Values never
hold prompts or secrets.
"""

from __future__ import annotations

from typing import ClassVar

from services.texts import say


class NearsideError(Exception):
    """Root of all errors that a person may see."""

    key: ClassVar[str] = "error.unexpected"

    def __init__(self, key: str | None = None, /, **values: str | int | float) -> None:
        self.text_key = key or self.key
        self.values = {name: str(value) for name, value in values.items()}
        super().__init__(self.sentence("en"))

    def sentence(self, language: str) -> str:
        """The sentence for a person: what is wrong and what to do."""
        return say(self.text_key, language, **self.values)


class SettingsError(NearsideError):
    """A setting cannot be used; names the variable and what is allowed."""

    key = "error.setting"


class InvalidMessage(NearsideError):
    """A message that no model can be asked, such as an empty one."""

    key = "error.message_empty"


class FileError(InvalidMessage):
    """A file that cannot be read or attached; its name and words are not repeated."""

    key = "error.file_damaged"


class Refused(NearsideError):
    """A private prompt that no local model is able to answer; nothing was sent."""

    key = "error.refused"


class ModelDamaged(NearsideError):
    """A small model of ours cannot be loaded: its file is missing or altered."""

    key = "error.model_damaged"


class PrivacyModelDamaged(NearsideError):
    """Without its model nothing can be found harmless, so every prompt counts as private."""

    key = "error.privacy_model"


class EgressDenied(NearsideError):
    """The gate stopped a payload that held something private; nothing was sent."""

    key = "error.egress_denied"


class BackendError(NearsideError):
    """A model did not answer."""

    key = "error.backend"


class BackendUnavailable(BackendError):
    """The backend cannot be reached or cannot load."""

    key = "error.backend_unavailable"


class BackendTimeout(BackendError):
    """The backend accepted the prompt and then stayed silent too long."""

    key = "error.backend_timeout"


class BackendRejected(BackendError):
    """The backend refused the request; asking again will not help."""

    key = "error.backend_rejected"


class BackendBusy(BackendError):
    """The backend has too much to do; ``retry_after`` is in seconds if it said so."""

    key = "error.backend_busy"

    def __init__(
        self,
        key: str | None = None,
        /,
        retry_after: float | None = None,
        **values: str | int | float,
    ) -> None:
        super().__init__(key, **values)
        self.retry_after = retry_after


class BackendProtocolError(BackendError):
    """The backend answered with something that is not a chat stream."""

    key = "error.backend_protocol"


class RuleError(NearsideError):
    """A routing rule, or the file that holds them, cannot be used."""

    key = "error.rules_damaged"


class CalibrationError(NearsideError):
    """What was learned from a person's judgements cannot be kept or removed."""

    key = "error.calibration_write"


class ModelError(NearsideError):
    """A local model cannot be listed, fetched, removed or chosen."""

    key = "error.model"


class StorageError(NearsideError):
    """The history cannot be read or written."""

    key = "error.storage"


class StorageReadOnly(StorageError):
    """The database file or its folder does not allow writing."""

    key = "error.storage_read_only"


class StorageLocked(StorageError):
    """Another program holds the database for longer than the busy timeout."""

    key = "error.storage_locked"


class StorageFull(StorageError):
    """The disk is full."""

    key = "error.storage_full"


class StorageCorrupt(StorageError):
    """The database file is damaged."""

    key = "error.storage_corrupt"
