"""Files that wait for their message."""

from __future__ import annotations

import pytest

from services.attachment import Attachment
from services.errors import FileError
from services.files.limits import MAX_FILES
from services.files.uploads import Uploads


def file(name: str) -> Attachment:
    return Attachment(name, f"{name}.txt", "text/plain", "x", b"x")


def test_files_are_taken_once_and_in_order() -> None:
    """A message takes its files as it names them; what was taken off again goes too."""
    uploads = Uploads()
    for name in "abc":
        uploads.keep("tab", file(name))
    assert [one.id for one in uploads.take("tab", ["c", "a"])] == ["c", "a"]
    with pytest.raises(FileError):
        uploads.take("tab", ["b"])


def test_a_message_without_files_leaves_what_waits() -> None:
    """A message that is sent meanwhile from elsewhere in the tab takes nothing."""
    uploads = Uploads()
    uploads.keep("tab", file("a"))
    assert uploads.take("tab", []) == ()
    assert uploads.take("tab", ["a"])


def test_other_tabs_get_nothing() -> None:
    """A file waits in its own tab, and goes with it."""
    uploads = Uploads()
    uploads.keep("tab", file("a"))
    with pytest.raises(FileError):
        uploads.take("other", ["a"])
    uploads.forget("tab")
    with pytest.raises(FileError):
        uploads.take("tab", ["a"])


def test_there_is_an_end_to_what_waits() -> None:
    """The oldest go when many files wait, and a message takes only so many."""
    uploads = Uploads()
    names = [str(number) for number in range(2 * MAX_FILES + 1)]
    for name in names:
        uploads.keep("tab", file(name))
    with pytest.raises(FileError) as caught:
        uploads.take("tab", names[-MAX_FILES - 1 :])
    assert caught.value.text_key == "error.files_too_many"
    for name in names:
        uploads.keep("tab", file(name))
    with pytest.raises(FileError) as caught:
        uploads.take("tab", names[:1])
    assert caught.value.text_key == "error.file_gone"
