"""Sealed secrets: AES-256-GCM under keys from the environment, so that a copy of a database alone tells none of them.

``FOYER_SEALING_KEYS`` is a list of ``id:secret``, parted by commas. The first one seals, every one opens: to rotate,
put a new one in front, and take the old one away when nothing is sealed with it any more. Secrets are 32 characters of
chance or more; each key is derived from its secret by HKDF (RFC 5869).
"""

from __future__ import annotations

import logging
import os
import re
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.constant_time import bytes_eq
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from services.kit import config
from services.kit.refusal import Unavailable

_KEY = re.compile(r"([A-Za-z0-9._-]{1,40}):([\x21-\x2b\x2d-\x7e]{32,})")
_NONCE = 12  # bytes (NIST SP 800-38D); drawn by chance, which is safe for 2^32 sealings with one key


_log = logging.getLogger(__name__)


class NoSealingKey(Unavailable):
    """What is sealed cannot be opened at the moment, nor anything sealed. The log of the service says why."""

    def __init__(self, *given: Any, why: str = "", **more: Any) -> None:
        super().__init__(*given, **more)
        if why:
            _log.error("%s", why)


@dataclass(frozen=True)
class Sealed:
    """`content` is nonce, ciphertext and tag; `key_id` names the key that opens it."""

    content: bytes
    key_id: str


@dataclass(frozen=True)
class Sealer:
    """`about` is what the secret belongs to: sealed with it, a secret cannot be opened in another's place."""

    keys: dict[str, bytes] = field(repr=False)

    @property
    def key_id(self) -> str:
        """The key that seals."""
        return next(iter(self.keys))

    def seal(self, secret: bytes, about: str) -> Sealed:
        nonce = os.urandom(_NONCE)
        return Sealed(nonce + self._cipher(self.key_id).encrypt(nonce, secret, about.encode()), self.key_id)

    def open(self, sealed: Sealed, about: str) -> bytes:
        """Refuses with NoSealingKey where its key is not there, or it was tampered with."""
        cipher, content = self._cipher(sealed.key_id), sealed.content
        try:
            return cipher.decrypt(content[:_NONCE], content[_NONCE:], about.encode())
        except (InvalidTag, ValueError):
            raise NoSealingKey(why=f"sealed with the key {sealed.key_id}, and does not open with it") from None

    def stamp(self, secret: bytes, about: str) -> Sealed:
        """What the secret is known again by, without being kept: HMAC-SHA-256 (RFC 2104)."""
        return Sealed(_stamp(self._key(self.key_id), secret, about), self.key_id)

    def stamps(self, secret: bytes, about: str) -> tuple[bytes, ...]:
        """The stamps it may have, under each of the keys: what to look for among many."""
        return tuple(_stamp(key, secret, about) for key in self.keys.values())

    def knows(self, stamped: Sealed, secret: bytes, about: str) -> bool:
        """Whether it is the stamp of this secret; takes the same time either way. Refuses with NoSealingKey."""
        return bytes_eq(stamped.content, _stamp(self._key(stamped.key_id), secret, about))

    def _cipher(self, key_id: str) -> AESGCM:
        return AESGCM(self._key(key_id))

    def _key(self, key_id: str) -> bytes:
        if key_id not in self.keys:
            raise NoSealingKey(why=f"the key {key_id} is not among FOYER_SEALING_KEYS")
        return self.keys[key_id]


def configured() -> bool:
    """Whether this process has keys at all."""
    return bool(config.sealing_keys())


def sealer() -> Sealer:
    """By the keys of this process; refuses with NoSealingKey where there are none, or not well-formed ones."""
    return _sealer(config.sealing_keys())


@cache
def _sealer(said: str) -> Sealer:
    found = [_KEY.fullmatch(part.strip()) for part in said.split(",")]
    keys = {match[1]: _derived(match[2]) for match in found if match}
    if len(keys) != len(found):
        raise NoSealingKey(why="FOYER_SEALING_KEYS is no list of id:secret with 32 characters or more in each secret")
    return Sealer(keys)


def _derived(secret: str) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=b"foyer sealing").derive(secret.encode())


def _stamp(key: bytes, secret: bytes, about: str) -> bytes:
    """Under a key of its own, as no key serves two purposes; `about` cannot run into the secret."""
    stamp = HMAC(HKDF(SHA256(), 32, salt=None, info=b"foyer stamps").derive(key), SHA256())
    stamp.update(f"{len(about)} {about} ".encode() + secret)
    return stamp.finalize()
