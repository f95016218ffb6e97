"""Texts that the house keeps in several languages, in the one that the caller asks for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from flask import request
from marshmallow import validate

from gateway.outside import LongText, Strict, Text
from services.contracts.profiles import InLanguage

MOST: Final = validate.Length(max=40)


class InLanguageIn(Strict):
    language = Text(required=True, most=35, metadata={"example": "pt"})
    text = LongText(required=True, most=4000)


def said(given: Sequence[dict[str, str]]) -> tuple[InLanguage, ...]:
    return tuple(InLanguage(**each) for each in given)


def chosen(texts: Sequence[InLanguage]) -> str | None:
    """By `Accept-Language`; else in English, else the first there is."""
    if not texts:
        return None
    there = {each.language: each.text for each in texts}
    own = "en" if "en" in there else texts[0].language
    return next((there[each] for each in wanted() if each in there), there[own])


def wanted() -> Iterator[str]:
    """The languages of `Accept-Language`, best first, each with its region and without: ``pt-BR``, ``pt``."""
    for tag, quality in request.accept_languages:
        if quality > 0:
            yield tag
            yield tag.partition("-")[0].lower()
