"""The version of Nearside, as in CHANGELOG.md; a test compares the two."""

VERSION = "0.1.0"
