"""What Nearside's privacy check is compared with."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Callable
from typing import Any

from tests.benchmarks.prompts import Prompt

_WORDS = re.compile(
    r"\b(?:my|password|passwort|salary|gehalt|diagnos\w*|secret|geheim|vertraulich|"
    r"confidential|private?|privat|ssn|iban|credit card|kreditkarte|address|adresse|phone|telefon|"
    r"email|e-mail|name is|ich hei(?:ß|ss)e)\b|@",
    re.IGNORECASE,
)


def keywords(text: str) -> bool:
    """The rule that is written first: a list of telling words."""
    return bool(_WORDS.search(text))


def presidio() -> dict[str, Callable[[Prompt], bool]]:
    """Presidio by its patterns alone, as it comes and with German recognizers; {} if absent.

    Install ``tests/benchmarks/requirements.txt`` beside the application to have it measured. No
    language model is fetched: names and addresses are not to be expected of it.
    """
    if importlib.util.find_spec("presidio_analyzer") is None:
        return {}
    # It would ask the network for the list of domains; the one that it brings will do.
    domains = importlib.import_module("tldextract.tldextract")
    domains.TLD_EXTRACTOR = domains.TLDExtract(suffix_list_urls=())  # type: ignore[attr-defined]
    plain, german = _analyzer(german=False), _analyzer(german=True)
    return {
        "Presidio": lambda prompt: bool(plain.analyze(prompt.text, language="en")),
        "Presidio German": lambda prompt: bool(german.analyze(prompt.text, language="de")),
    }


def _analyzer(*, german: bool) -> Any:
    analyzer = importlib.import_module("presidio_analyzer")
    engine = importlib.import_module("presidio_analyzer.nlp_engine").NoOpNlpEngine(
        [{"lang_code": code, "model_name": "none"} for code in ("en", "de")]
    )
    recognizers = importlib.import_module("presidio_analyzer.predefined_recognizers")
    registry = analyzer.RecognizerRegistry(supported_languages=["en", "de"])
    registry.load_predefined_recognizers(languages=["en", "de"], nlp_engine=engine)
    if german:
        kinds = [name for name in dir(recognizers) if re.fullmatch(r"De[A-Z]\w+Recognizer", name)]
        kinds += [f"{kind}Recognizer" for kind in ("CreditCard", "Iban", "Email", "Ip", "Phone")]
        for kind in kinds:
            registry.add_recognizer(getattr(recognizers, kind)(supported_language="de"))
    return analyzer.AnalyzerEngine(
        registry=registry, nlp_engine=engine, supported_languages=["en", "de"]
    )
