"""XML of other systems: read without trusting it and without card data, and written.

A document that declares types or entities (a DTD) is refused before the parser sees it: so nothing is expanded and
nothing is fetched (XML bombs, external entities). Elements and attributes go by their local names, as senders use the
namespace of any version of the standard, or none.
"""

from __future__ import annotations

import codecs
import html
import re
from collections.abc import Iterator
from functools import lru_cache
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from services.contracts.bookings import NotANotice
from services.contracts.cards import without_cards

MOST_BYTES = 1 << 20
DEEPEST = 64
MOST_ELEMENTS = 50_000

_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_BARE = {b"<\0": "utf-16-le", b"\0<": "utf-16-be"}
_DECLARED = re.compile(rb"\s*<\?xml[^>]{0,200}?\sencoding\s*=\s*[\"']([A-Za-z0-9._-]{1,40})[\"']")
_FAMILIAR = re.compile(r"utf-8|ascii|iso8859-\d+|cp125\d|koi8-[ru]|shift_jis|euc_(jp|kr)|gb(2312|k|18030)|big5")
# The names under which messages carry cards and bank accounts: PaymentCard, CardNumber, SeriesCode, CVV2 …
_SECRET = re.compile(r"(?i).*card.*|(cvv|cvc|cvn)\d?|(series|security)code|magneticstripe|threedomainsecurity|bankacct")
# The same in what is no document: what follows such a word, and the values that bear such a name
_SECRET_PLACE = re.compile(r"(?is)(?:card|cv[vcn]\d?|(?:series|security)code|expiredate|bankacct).{0,80}")
_SECRET_VALUE = re.compile(r"(?i)(card\w{0,40}+(?:\s?=\s?[\"']|[^<>]{0,80}+>))[^\"'<]{0,500}")
# Marks that turn the direction of writing, and controls: what is said stays the same without them.
_UNSAID = re.compile("[\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_OF_IDENTITY = {("UniqueID", "ID"), ("HotelReservationID", "ResID_Value")}


def read(body: bytes) -> Element:
    """The root of a document, without what speaks of cards; refuses with NotANotice what cannot be read."""
    return _read(_text(body))[0]


def redacted(body: bytes) -> bytes:
    """The document as it may be kept: the very same bytes where there is nothing in it of cards."""
    try:
        text = _text(body)
        root, dropped = _read(text)
    except NotANotice:
        return _redacted_text(body)
    # what is in no element, a comment or a namespace, is not written again
    clean = not _scrub(root) and not dropped and without_cards(text) == text
    return body if clean else written(root).encode()


def written(root: Element) -> str:
    """The document as text, for UTF-8."""
    text: bytes = ElementTree.tostring(root, "utf-8", xml_declaration=True)
    return text.decode()


def part(of: Element, name: str, text: str | None = None, **attributes: str | None) -> Element:
    """A new element in this one; attributes that are None are left out."""
    made = ElementTree.SubElement(of, name, {key: said for key, said in attributes.items() if said is not None})
    made.text = text
    return made


def text_of(element: Element | None) -> str | None:
    """All text inside, in one line; None where there is none."""
    return " ".join(lines_of(element)) or None


def lines_of(element: Element | None) -> list[str]:
    """All text inside, line by line, with single spaces; without empty lines."""
    text = _UNSAID.sub("", "".join(element.itertext())) if element is not None else ""
    return [" ".join(line.split()) for line in text.splitlines() if line.strip()]


def said(of: Element | None, path: str, attribute: str = "") -> str | None:
    """Text or attribute of the first element at this path that has any."""
    if of is None:
        return None
    found = of.iterfind(path) if path else iter((of,))
    values = (_UNSAID.sub("", each.get(attribute) or "").strip() if attribute else text_of(each) for each in found)
    return next((value for value in values if value), None)


def every(of: Element | None, *paths: str) -> Iterator[Element]:
    """What stands at the first path, then at the second …"""
    for path in paths if of is not None else ():
        yield from of.iterfind(path)  # type: ignore[union-attr]


class _Builder(ElementTree.TreeBuilder):
    """Builds the tree by local names, leaves out what speaks of cards, and stops at what is too deep or too much."""

    def __init__(self) -> None:
        super().__init__()
        self.dropped = False
        self._depth = self._elements = 0
        self._inside = 0  # elements deep in one that is left out

    def start(self, tag: str, attrs: dict[str, str]) -> Element:
        self._depth += 1
        self._elements += 1
        if self._depth > DEEPEST or self._elements > MOST_ELEMENTS:
            raise NotANotice(f"The document has more than {MOST_ELEMENTS} elements, or more than {DEEPEST} in another.")
        name = _local(tag)
        if self._inside or _secret(name):
            self._inside += 1
            self.dropped = True
            return None  # type: ignore[return-value]
        named = {_local(key): value for key, value in attrs.items()}
        kept = {key: value for key, value in named.items() if not _secret(key)}
        self.dropped |= len(kept) < len(attrs)
        return super().start(name, kept)

    def end(self, tag: str) -> Element:
        self._depth -= 1
        if self._inside:
            self._inside -= 1
            return None  # type: ignore[return-value]
        return super().end(_local(tag))

    def data(self, data: str) -> None:
        if not self._inside:
            super().data(data)


def _read(text: str) -> tuple[Element, bool]:
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise NotANotice("The document declares types or entities of its own.")
    builder = _Builder()
    parser = ElementTree.XMLParser(target=builder)
    try:
        parser.feed(text)
        root: Element | None = parser.close()
    except (ElementTree.ParseError, AssertionError, ValueError):
        root = None
    if root is None:
        raise NotANotice("The document is not well-formed XML.")
    return root, builder.dropped


def _text(body: bytes) -> str:
    """As characters (XML 1.0, appendix F): by the byte order mark, else by the first bytes, else as it declares.

    One that declares UTF-16 and is not takes the declaration of the text it was made from: it is UTF-8.
    """
    if len(body) > MOST_BYTES:
        raise NotANotice(f"The document is larger than {MOST_BYTES:,} bytes.")
    encoding = next((name for mark, name in _MARKS if body.startswith(mark)), _BARE.get(body[:2]))
    if encoding is None:
        found = _DECLARED.match(body)
        encoding = _codec(found[1].decode() if found else "utf-8")
    try:
        return body.decode(encoding).lstrip()
    except UnicodeDecodeError:
        raise NotANotice(f"The document is not encoded in {encoding.removesuffix('-sig')}.") from None


def _codec(declared: str) -> str:
    try:
        name = codecs.lookup(declared).name
    except LookupError:
        name = ""
    if name.startswith(("utf-16", "utf-32")):
        return "utf-8"
    if not _FAMILIAR.fullmatch(name):
        raise NotANotice("The document declares an encoding that is not known here.")
    return name


def _scrub(root: Element) -> bool:
    """Replace card numbers in all texts and attributes, save in what the reservation is known by; whether any was."""
    found = False
    for element in root.iter():
        for name, value in element.attrib.items():
            if (element.tag, name) not in _OF_IDENTITY and (clean := without_cards(value)) != value:
                element.attrib[name] = clean
                found = True
        for where in ("text", "tail"):
            value = getattr(element, where) or ""
            if (clean := without_cards(value)) != value:
                setattr(element, where, clean)
                found = True
    return found


def _redacted_text(body: bytes) -> bytes:
    """Of what is no document: as text, with character references resolved, and without what might be a card's."""
    text = html.unescape(body.replace(b"\0", b"").decode("utf-8", "surrogateescape"))
    clean = _SECRET_PLACE.sub(lambda found: re.sub(r"\d", "#", found[0]), without_cards(text))
    clean = _SECRET_VALUE.sub(r"\1", clean)
    return body if clean == text else clean.encode("utf-8", "surrogateescape")


@lru_cache(1024)
def _secret(name: str) -> bool:
    return bool(_SECRET.fullmatch(name)) or without_cards(name) != name


def _local(name: str) -> str:
    return name.rpartition("}")[2]
