"""The key that seals are signed with: Ed25519, in a file of the home that only its owner can read."""

import os
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from orchestration.errors import ConfigurationError, Problem

OWNER_ONLY = 0o600
KEY_BYTES = 32


class FileSigner:
    """Signs with a key file, made at the first use."""

    def __init__(self, path: Path, make: bool = True) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(_make(path) if make and not path.exists() else _read(path))

    @property
    def public_key(self) -> str:
        """Return the public key in hex."""
        return self._key.public_key().public_bytes_raw().hex()

    def sign(self, message: bytes) -> str:
        """Return the signature in hex."""
        return self._key.sign(message).hex()

    def verify(self, key: str, signature: str, message: bytes) -> bool:
        """Whether this is a signature of this home's key."""
        if key != self.public_key:
            return False
        try:
            Ed25519PublicKey.from_public_bytes(bytes.fromhex(key)).verify(bytes.fromhex(signature), message)
        except (InvalidSignature, ValueError):
            return False
        return True


def _read(path: Path) -> bytes:
    if not path.exists():
        message = "is missing, so seals cannot be verified; restore it from the backup of the home"
        raise ConfigurationError([Problem(str(path), None, "", message)])
    if path.stat().st_mode & 0o077:
        message = f"others can read the key of the audit seals; run chmod 600 {path.name} and look who had access"
        raise ConfigurationError([Problem(str(path), None, "", message)])
    try:
        secret = bytes.fromhex(path.read_text().strip())
    except ValueError:
        secret = b""
    if len(secret) != KEY_BYTES:
        raise ConfigurationError([Problem(str(path), None, "", "is not a key; restore it from the backup of the home")])
    return secret


def _make(path: Path) -> bytes:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    secret = Ed25519PrivateKey.generate().private_bytes_raw()
    draft = path.with_suffix(".part")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
    with os.fdopen(descriptor, "w") as file:
        file.write(secret.hex() + "\n")
        file.flush()
        os.fsync(file.fileno())
    draft.rename(path)
    return secret
