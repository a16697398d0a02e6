"""`streamrnn check-config`: is a settings file right?"""

from __future__ import annotations

import os

import typer

from streamrnn.cli.settings import ConfigOption, load_daemon_settings


def check_config(config: ConfigOption = None) -> None:
    """Check a settings file: every problem at once, or what the daemon would do.

    Variables such as STREAMRNN_MQTT__BROKER count, as they do for run.
    Connects to nothing.

    Example:  streamrnn check-config -c /etc/streamrnn/streamrnn.toml
    """
    from streamrnn.config.state_directory import state_directory

    settings = load_daemon_settings(config)
    directory = state_directory(settings.state, os.environ)
    typer.echo(f"ok: {config or 'defaults and environment'}")
    typer.echo(f"  gateway  {settings.gateway.name}")
    typer.echo(f"  broker   {settings.mqtt.broker}")
    for source in settings.source:
        typer.echo(f"  source   {source.topic}")
    typer.echo(f"  events   {settings.alerts.topic_prefix}/{settings.gateway.name}/events")
    for webhook in settings.webhook:
        typer.echo(f"  webhook  {webhook.name} ({webhook.template})")
    if settings.influxdb.url is not None:
        typer.echo(f"  influx   {settings.influxdb.url}")
    if settings.homeassistant.enabled:
        typer.echo(f"  devices  {settings.homeassistant.discovery_prefix}/device/...")
    if settings.http.enabled:
        typer.echo(f"  http     {settings.http.host}:{settings.http.port}")
    typer.echo(f"  state    {directory}")
