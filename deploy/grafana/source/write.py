"""From the builders to the committed JSON files."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from grafana_foundation_sdk.builders.dashboard import Dashboard
from grafana_foundation_sdk.cog.encoder import JSONEncoder

from deploy.grafana.source.daemon import daemon_dashboard
from deploy.grafana.source.overview import overview_dashboard
from deploy.grafana.source.stream import stream_dashboard

FOLDER: Final = Path(__file__).parents[1] / "dashboards"

DASHBOARDS: Final[Mapping[str, Callable[[], Dashboard]]] = {
    "overview.json": overview_dashboard,
    "stream.json": stream_dashboard,
    "daemon.json": daemon_dashboard,
}


def as_json(dashboard: Dashboard) -> str:
    """The text of a dashboard file."""
    model = dashboard.build()
    # Links from other dashboards name panels by number.
    for number, panel in enumerate(model.panels or [], start=1):
        panel.id_val = number
    return json.dumps(model, cls=JSONEncoder, indent=2) + "\n"


def write_all() -> None:
    for name, make in DASHBOARDS.items():
        (FOLDER / name).write_text(as_json(make()))
