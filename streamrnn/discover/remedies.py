"""What to do about a broker that cannot be heard."""

from __future__ import annotations

import ssl

from streamrnn.config import MqttConfig

_REFUSALS = {
    "Bad user name or password": "name them in a settings file: mqtt.user and mqtt.password_file",
    "Not authorized": "it may want mqtt.user and mqtt.password_file, in a settings file; and its "
    "access rules must let us read",
}


def of_error(error: OSError, config: MqttConfig) -> str:
    """What went wrong while connecting, and the remedy where there is one to tell."""
    reason = error.strerror or str(error)
    if isinstance(error, ssl.SSLCertVerificationError):
        return (
            f"the broker's certificate is not trusted ({error.verify_message}): name the authority "
            "that signed it in a settings file: mqtt.ca_file"
        )
    if isinstance(error, ssl.SSLError):
        return f"{reason}: does TLS end at this port? Without TLS: mqtt://{config.host}:PORT"
    if isinstance(error, ConnectionRefusedError):
        return f"{reason}: is a broker running there, and is this its port?"
    if isinstance(error, ConnectionResetError) and config.tls:
        return f"{reason}: does it speak TLS at this port? Without TLS: mqtt://{config.host}:PORT"
    if isinstance(error, TimeoutError):
        return f"{reason}: is the host right, and does a firewall let us through?"
    return f"{reason}: is the host right?"


def of_refusal(reason: str) -> str:
    """Why the broker refuses us, and the remedy where there is one to tell."""
    remedy = _REFUSALS.get(reason)
    return f"the broker refuses us: {reason}{f': {remedy}' if remedy else ''}"


def of_silence(reason: str, config: MqttConfig) -> str:
    """It took the connection and ended it, before it said anything."""
    if config.tls:
        remedy = "it may want a certificate: mqtt.cert_file and mqtt.key_file, in a settings file"
    else:
        remedy = f"it may want TLS: mqtts://{config.host}:PORT"
    return f"the broker hung up ({reason}): {remedy}"
