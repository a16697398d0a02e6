"""What to do about a broker that cannot be reached, turns us away or hangs up: for the log, the
health check and `streamrnn discover`. Every way to miss a broker has its remedy here."""

from __future__ import annotations

import socket
import ssl
from typing import Final

from streamrnn.config import MqttConfig
from streamrnn.service.mqtt.reconnect import Ended, Ending

_CREDENTIALS: Final = (
    "set mqtt.user and mqtt.password_file to a user that the broker knows "
    "(mosquitto 2: without a user it lets nobody in unless allow_anonymous is true)"
)
_OVERLOADED: Final = "it is tried again; if it lasts, look at the broker's log and its limits"
_ADDRESS: Final = "set mqtt.broker to the one that it names in its log or its documentation"
_REPORT: Final = "see the broker's log; if it is none of its doing, report it with ours"

# By the reason that brokers give, as MQTT 5 and paho call it.
_BY_REASON: Final = {
    "Bad user name or password": _CREDENTIALS,
    "Not authorized": _CREDENTIALS + "; its access rules must let that user in from here",
    "Banned": "the broker has banned this user, client id or address: lift it there",
    "Bad authentication method": "allow user and password, or certificates, in the broker",
    "Client identifier not valid": "set mqtt.client_id to one that the broker allows",
    "Session taken over": "another client uses our client id, perhaps a second daemon: give each "
    "its own gateway.name or mqtt.client_id",
    "Server unavailable": _OVERLOADED,
    "Server busy": _OVERLOADED,
    "Server shutting down": "it is tried again until the broker is back",
    "Quota exceeded": _OVERLOADED,
    "Connection rate exceeded": _OVERLOADED,
    "Use another server": _ADDRESS,
    "Server moved": _ADDRESS,
    "Topic name invalid": "the broker does not like our own topics: set alerts.topic_prefix and "
    "gateway.name to what its rules allow",
    "Packet too large": "raise the broker's limit for packets (mosquitto: max_packet_size)",
    "Retain not supported": "allow retained messages in the broker, for our Last Will",
    "QoS not supported": "allow QoS 1 in the broker, for our Last Will",
    "Keep alive timeout": "nothing of ours reached the broker in time: look at the network between",
    "Receive maximum exceeded": _REPORT,
    "Message rate too high": "raise the broker's limit on messages of a client",
    "Administrative action": "somebody has closed the connection at the broker; it is tried again",
    "Maximum connect time": "it is tried again; raise the broker's limit on how long one may last",
}

# By how a connection, or the attempt at one, ended.
_BY_ENDING: Final = {
    Ending.UNREACHABLE: "is host and port in mqtt.broker right, and the network up?",
    Ending.UNSUPPORTED_PROTOCOL: 'let mqtt.protocol be "auto", or set it to what the broker speaks',
    Ending.REFUSED: "see the broker's log for why it turns us away",
    Ending.LOST: "it is tried again; if it repeats, see the broker's log, the network between, and "
    "whether a second daemon has our gateway.name",
    Ending.BROKEN: _REPORT,
}

_SOON_SECONDS: Final = 5.0
# mosquitto 2.0.11 says neither that another client took our session, nor that a topic is denied.
_ENDED_SOON: Final = (
    "if it repeats: another client may use our client id, perhaps a second daemon (give each its "
    "own gateway.name); or the broker hangs up on topics that it denies (let our user read the "
    "sources and write under our own topics)"
)

# OpenSSL's X509_V_ERR_*.
_NOT_YET_VALID, _EXPIRED, _WRONG_NAME, _WRONG_ADDRESS = 9, 10, 62, 64


def of_ending(ended: Ended, config: MqttConfig) -> str:
    """After a connection, or the attempt at one, ended otherwise than by us."""
    if ended.remedy:
        return ended.remedy
    if ended.detail in _BY_REASON:
        return _BY_REASON[ended.detail]
    if ended.how is Ending.NO_ANSWER:
        return of_silence(config)
    if ended.how is Ending.LOST and ended.seconds_up < _SOON_SECONDS:
        return _ENDED_SOON
    return _BY_ENDING[ended.how]


def of_refusal(reason: str) -> str:
    """reason: the broker's, in its answer to CONNECT."""
    return _BY_REASON.get(reason, _BY_ENDING[Ending.REFUSED])


def of_silence(config: MqttConfig) -> str:
    """It took the connection, and hung up or said nothing before it was one of MQTT."""
    if config.tls:
        return (
            "if it asks for a certificate: set mqtt.cert_file and mqtt.key_file to ours, signed by "
            "an authority that it trusts"
        )
    return (
        "is it MQTT that is spoken at this port, not WebSockets or HTTP? If the broker wants TLS: "
        f'mqtt.broker = "mqtts://{config.host}:PORT"'
    )


def of_error(error: OSError, config: MqttConfig) -> str:
    """While connecting, before the first word of MQTT."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return _of_certificate(error, config)
    if isinstance(error, ssl.SSLError):
        return _of_tls(error, config)
    if isinstance(error, socket.gaierror):
        return _of_name(error, config)
    if isinstance(error, ConnectionRefusedError):
        return (
            "nothing listens there: is the broker running, is it this port, and does it listen on "
            "this address? (mosquitto 2 listens on 127.0.0.1 only, until told: listener 1883)"
        )
    if isinstance(error, ConnectionResetError):
        return of_silence(config) if not config.tls else _without_tls(config)
    if isinstance(error, TimeoutError):
        return "is the host right and switched on, and does every firewall between let us through?"
    return _BY_ENDING[Ending.UNREACHABLE]


def reason_of(error: OSError) -> str:
    """In words, without numbers."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the broker's certificate is not trusted: {error.verify_message}"
    if isinstance(error, ssl.SSLError) and error.reason:
        return f"TLS: {error.reason.lower().replace('_', ' ')}"
    return error.strerror or str(error)


def _of_name(error: socket.gaierror, config: MqttConfig) -> str:
    if error.errno == socket.EAI_AGAIN:
        return "no name server answers: is the network up? It is tried again"
    remedy = f"no host is called {config.host}: correct mqtt.broker, or name the address there"
    if config.host.endswith(".local"):
        return f"{remedy} (a name in .local is known only where mDNS is)"
    return remedy


def _of_certificate(error: ssl.SSLCertVerificationError, config: MqttConfig) -> str:
    if error.verify_code in (_WRONG_NAME, _WRONG_ADDRESS):
        return (
            f"its certificate is not for {config.host}: set mqtt.broker to the name in it, or have "
            "one issued that names this one"
        )
    if error.verify_code == _EXPIRED:
        return "renew the broker's certificate, unless the clock of this machine is wrong"
    if error.verify_code == _NOT_YET_VALID:
        return "set the clock of this machine: the certificate begins in its future"
    return "set mqtt.ca_file to the certificate of the authority that signed the broker's"


def _of_tls(error: ssl.SSLError, config: MqttConfig) -> str:
    reason = (error.reason or str(error)).upper()
    if "ALERT" in reason and any(word in reason for word in ("CERTIFICATE", "CA", "HANDSHAKE")):
        return (
            "the broker does not accept our certificate, or wants one: set mqtt.cert_file and "
            "mqtt.key_file, signed by an authority that it trusts"
        )
    if "PROTOCOL_VERSION" in reason or "UNSUPPORTED_PROTOCOL" in reason:
        return "let the broker speak TLS 1.2 or newer"
    return _without_tls(config)


def _without_tls(config: MqttConfig) -> str:
    return (
        "does the broker speak TLS at this port (8883 as a rule)? Without TLS: "
        f'mqtt.broker = "mqtt://{config.host}:PORT"'
    )
