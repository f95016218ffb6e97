"""What a message says: templates in ``templates/<template>/<language>.{subject,txt,html,sms.txt}``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined


@dataclass(frozen=True)
class Letter:
    """Plain text, and for an e-mail the same as HTML, with its subject."""

    text: str
    subject: str | None = None
    html: str | None = None


def email(template: str, language: str, words: Mapping[str, Any]) -> Letter:
    """Raises jinja2.UndefinedError where a template says something that `words` has not."""
    stem = f"{template}/{language}"
    return Letter(
        text=_render(f"{stem}.txt", words),
        subject=" ".join(_render(f"{stem}.subject", words).split()),
        html=_render(f"{stem}.html", {**words, "language": language}),
    )


def sms(template: str, language: str, words: Mapping[str, Any]) -> Letter:
    return Letter(text=" ".join(_render(f"{template}/{language}.sms.txt", words).split()))


def _render(name: str, words: Mapping[str, Any]) -> str:
    return _templates().get_template(name).render(words)


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("services.notifier"),
        undefined=StrictUndefined,
        autoescape=lambda name: bool(name and name.endswith(".html")),
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
