"""``python run.py calibrate``: learn from the thumbs what the local model can do."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import make_url

from services.bootstrap import scorer
from services.errors import CalibrationError, NearsideError
from services.history.engine import connect
from services.history.opinions import Opinion, opinions
from services.models.command import system_language
from services.routing.calibration import (
    LEAST,
    Calibration,
    Calibrations,
    Judgement,
    Scored,
    fit,
    kind_of,
    share_with,
)
from services.settings import Settings, load_settings
from services.texts import say
from services.turns import model_turns

_TELLING = 0.1  # logits; a smaller shift is not worth a word


def main(arguments: Sequence[str]) -> int:
    """Learn, or forget with ``--reset``; returns the exit status.

    0 it is done, 1 there is too little to learn from, 2 it cannot be done.
    """
    language = system_language(os.environ)
    try:
        settings = load_settings()
        if not arguments:
            return learn(settings, language)
        if list(arguments) == ["--reset"]:
            return forget(settings, language)
        raise CalibrationError("calibrate.usage")
    except NearsideError as error:
        print(error.sentence(language), file=sys.stderr)
        return 2


def learn(settings: Settings, language: str) -> int:
    """Learn from the history and say what has changed.

    Raises:
        NearsideError: the history cannot be read or the result not be kept.
    """
    url = make_url(settings.database_url)
    # Connecting would make an empty file.
    known = url.get_backend_name() != "sqlite" or Path(url.database or "").is_file()
    found = asyncio.run(_opinions(settings)) if known else []
    model = found[0].model if found else ""
    scored = scorer(settings)
    calibration = fit([_judgement(opinion, scored) for opinion in found if opinion.model == model])
    if calibration is None:
        count = sum(opinion.model == model for opinion in found)
        print(say("calibrate.too_few", language, count=str(count), least=str(LEAST)))
        return 1
    try:
        Calibrations(settings.data_dir).keep(model, calibration)
    except OSError as error:
        raise _unwritten(settings, error) from None
    for sentence in told(model, calibration, scored, settings.cloud_share, language):
        print(sentence)
    return 0


def forget(settings: Settings, language: str) -> int:
    """Go back to the shipped calibration.

    Raises:
        CalibrationError: the file cannot be removed.
    """
    try:
        there = Calibrations(settings.data_dir).reset()
    except OSError as error:
        raise _unwritten(settings, error) from None
    print(say("calibrate.reset" if there else "calibrate.nothing", language))
    return 0


def told(
    model: str, calibration: Calibration, scored: Scored, share: float, language: str
) -> list[str]:
    """What a calibration means, in plain words."""
    after = share_with(scored, calibration, share)
    name = say("interface.model_builtin", language) if model == "builtin" else model
    sentences = [
        say(
            "calibrate.learned",
            language,
            model=name,
            judged=str(calibration.judged),
            bad=str(calibration.bad),
        ),
        say(
            "calibrate.share",
            language,
            before=str(round(share * 100)),
            after=str(round(after * 100)),
        ),
    ]
    for kind, shift in calibration.kinds.items():
        moved = calibration.shift + shift
        if abs(shift) >= _TELLING and abs(moved) >= _TELLING:
            key = "calibrate.kind_sooner" if moved > 0 else "calibrate.kind_later"
            sentences.append(say(key, language, kind=say(f"kind.{kind}", language)))
    return [*sentences, say("calibrate.undo", language)]


async def _opinions(settings: Settings) -> list[Opinion]:
    database = connect(settings.database_url, settings.data_dir)
    try:
        return await opinions(database)
    finally:
        await database.aclose()


def _judgement(opinion: Opinion, scored: Scored) -> Judgement:
    messages = model_turns(opinion.stored, opinion.prompt_id)
    return Judgement(scored.score(messages), kind_of(messages), opinion.would_do)


def _unwritten(settings: Settings, error: OSError) -> CalibrationError:
    reason = error.strerror or type(error).__name__
    return CalibrationError("error.calibration_write", folder=str(settings.data_dir), reason=reason)
