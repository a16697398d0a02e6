"""TLS as we speak it on every connection: 1.2 or newer, and the other end checked by whoever calls.

There is no setting that leaves a check out.
"""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import NoReturn

from streamrnn.errors import ConfigError


def client_context(ca_file: Path | None, setting: str) -> ssl.SSLContext:
    """Checks the server's certificate and name. ca_file: authorities in place of the system's.

    setting: its dotted path, for ConfigError when it cannot be used.
    """
    try:
        context = ssl.create_default_context(cafile=ca_file)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError([f"{setting} = {ca_file}: must be PEM certificates: {error}"]) from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def server_context(cert_file: Path, key_file: Path | None, section: str) -> ssl.SSLContext:
    """Raises ConfigError, as `show_certificate`."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    show_certificate(context, cert_file, key_file, section)
    return context


def show_certificate(
    context: ssl.SSLContext, cert_file: Path, key_file: Path | None, section: str
) -> None:
    """Let `context` show this certificate as ours. section: of the settings.

    Raises ConfigError when the files cannot be used.
    """
    try:
        # Without a password OpenSSL would ask for one on the terminal, and wait.
        context.load_cert_chain(cert_file, key_file, password=_refuse_encrypted_key)
    except (OSError, ValueError) as error:
        problem = (
            f"{section}.cert_file = {cert_file}, {section}.key_file = {key_file}: "
            f"must be a PEM certificate and its private key: {error}"
        )
        raise ConfigError([problem]) from error


def _refuse_encrypted_key() -> NoReturn:
    raise ValueError("the key must not be encrypted, as nobody is there to type its passphrase")
