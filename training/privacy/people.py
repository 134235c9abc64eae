"""Names and addresses of people who do not exist, from Faker's lists."""

from __future__ import annotations

import random
from functools import cache
from types import SimpleNamespace

from faker import Faker

_LOCALES = {
    "en": ["en_US", "en_GB", "en_IN", "en_AU", "en_IE", "en_NZ"],
    "de": ["de_DE", "de_AT", "de_CH"],
    "else": (
        "fr_FR es_ES it_IT nl_NL pl_PL cs_CZ sv_SE da_DK fi_FI hu_HU hr_HR sl_SI tr_TR pt_BR "
        "ro_RO no_NO es_MX et_EE lt_LT sk_SK vi_VN"
    ).split(),
}
_MANY = 1500


@cache
def _lists(kind: str) -> SimpleNamespace:
    fake = Faker(_LOCALES[kind])
    fake.seed_instance(5)
    return SimpleNamespace(
        first=[fake.first_name() for _ in range(_MANY)],
        last=[fake.last_name() for _ in range(_MANY)],
        street=[fake.street_name() for _ in range(_MANY)],
        city=[fake.city() for _ in range(_MANY)],
        country=[fake.country() for _ in range(300)],
        address=[fake.address() for _ in range(_MANY)],
    )


def _from(language: str, rng: random.Random) -> SimpleNamespace:
    return _lists("else" if rng.random() < 0.3 else language)


def first(language: str, rng: random.Random) -> str:
    """A first name, seldom two."""
    names = _from(language, rng).first
    return rng.choice(names) if rng.random() < 0.95 else f"{rng.choice(names)}-{rng.choice(names)}"


def last(language: str, rng: random.Random) -> str:
    """A surname, seldom with a particle or double."""
    name: str = rng.choice(_from(language, rng).last)
    chance = rng.random()
    if chance < 0.05:
        return f"{rng.choice(('von', 'van der', 'de', 'van', 'zu', 'di', 'O', 'al'))} {name}"
    return f"{name}-{rng.choice(_from(language, rng).last)}" if chance < 0.08 else name


def full(language: str, rng: random.Random) -> str:
    """First name and surname, sometimes with a title or in the order of lists."""
    given, family, chance = first(language, rng), last(language, rng), rng.random()
    if chance < 0.06:
        return f"{given} {rng.choice('ABCDEFGHJKLMRST')}. {family}"
    if chance < 0.12:
        return f"{family}, {given}"
    return f"{given} {family}"


_UNITS = ("Apt. {}", "Suite {}", "Flat {}", "Unit {}", "Whg. {}", "{}. Stock", "#{}")
_TOWNS = ("{code} {town}", "{town} {code}", "{town}", "{town}, {country} {code}")


def address(language: str, rng: random.Random) -> str:
    """A street with a number in one of the ways that people write it."""
    place = _from(language, rng)
    chance, between = rng.random(), (", ", "\n", " ")
    if chance < 0.2:
        whole: str = rng.choice(place.address)
        return whole if rng.random() < 0.5 else whole.replace("\n", ", ")
    street, number = (
        rng.choice(place.street),
        rng.choice((rng.randint(1, 199), rng.randint(1, 9999))),
    )
    line = f"{number} {street}" if language == "en" else f"{street} {number}"
    if chance < 0.3:
        line = f"{number} {street} {rng.randint(1, 150)}"
    if rng.random() < 0.2:
        line += rng.choice(between) + rng.choice(_UNITS).format(rng.randint(1, 900))
    if rng.random() < 0.5:
        line += rng.choice(between) + rng.choice(_TOWNS).format(
            town=rng.choice(place.city),
            code=f"{rng.randint(1000, 99999):05d}",
            country=rng.choice(place.country),
        )
    return line
