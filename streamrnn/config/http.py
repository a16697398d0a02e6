"""Settings of the HTTP port: who can reach it, and what they must show."""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path

from pydantic import Field, ValidationInfo, field_validator

from streamrnn.config.section import PathSetting, Section


class HttpConfig(Section):
    """The HTTP port with /metrics, /healthz and /readyz. See docs/security.md."""

    enabled: bool = Field(default=True, description="Whether to open it.")
    host: str = Field(
        default="127.0.0.1",
        min_length=1,
        description='Address to listen on. "0.0.0.0" opens it to the network: set token_file, and '
        "cert_file so that nobody overhears it.",
    )
    port: int = Field(
        default=8095, ge=0, le=65_535, description="Port. 0: a free one, named in the log."
    )
    token_file: PathSetting | None = Field(
        default=None,
        description="File whose first line must be shown by whoever asks for more than health: as "
        "bearer token, or by a browser as password of any user.",
        examples=["/etc/streamrnn/http-token"],
    )
    cert_file: PathSetting | None = Field(
        default=None,
        description="Our certificate (PEM), with those that lead to its authority: HTTPS in place "
        "of HTTP.",
        examples=["/etc/streamrnn/http.pem"],
    )
    key_file: PathSetting | None = Field(
        default=None,
        validate_default=True,
        description="The private key (PEM) of cert_file.",
        examples=["/etc/streamrnn/http.key"],
    )

    @property
    def tls(self) -> bool:
        return self.cert_file is not None

    @property
    def this_machine_only(self) -> bool:
        """Nobody on another machine reaches the port."""
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    @field_validator("key_file")
    @classmethod
    def _check_certificate_and_key(cls, file: Path | None, info: ValidationInfo) -> Path | None:
        if "cert_file" in info.data and bool(file) != bool(info.data["cert_file"]):
            raise ValueError("must be set together with http.cert_file")
        return file
