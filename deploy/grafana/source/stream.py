"""One stream: its value in the expected band, its score, and when it was anomalous."""

from __future__ import annotations

from typing import Any, Final

from grafana_foundation_sdk.builders import common, timeseries
from grafana_foundation_sdk.builders.dashboard import AnnotationQuery, Dashboard
from grafana_foundation_sdk.models import dashboard as models
from grafana_foundation_sdk.models.common import GraphTresholdsStyleMode
from grafana_foundation_sdk.models.dashboard import DynamicConfigValue

from deploy.grafana.source.panels import (
    RED,
    YELLOW,
    YES_NO,
    graph,
    number,
    query,
    rows,
    steps,
)
from deploy.grafana.source.variables import (
    DATA_SOURCE,
    STREAM_UID,
    devices,
    frame,
    one_gateway,
    one_stream,
)

_THIS: Final = '{gateway="$gateway", stream="$stream"}'


def stream_dashboard() -> Dashboard:
    dashboard = frame(
        "streamrnn: one stream", STREAM_UID, "A stream's value, expected band, score and anomalies."
    )
    for variable in (one_gateway(), devices(), one_stream()):
        dashboard.with_variable(variable)
    dashboard.annotation(_Anomalies())
    _figures(dashboard)
    dashboard.with_panel(_band())
    dashboard.with_panel(_score())
    dashboard.with_panel(
        rows(
            "Anomalies by kind",
            "Since the start of the daemon.",
            {"Anomalies": f"sum by (kind) (streamrnn_anomalies_total{_THIS})"},
            ("kind",),
            width=6,
            height=8,
        ).no_value("none")
    )
    return dashboard


class _TitledAnnotation(models.AnnotationQuery):
    """Grafana's Prometheus data source reads `titleFormat`, which the library's model lacks."""

    def to_json(self) -> dict[str, Any]:
        return {**super().to_json(), "titleFormat": "{{stream}} is unusual"}


class _Anomalies(AnnotationQuery):
    """Grafana marks the stretches where the expression is not 0."""

    def __init__(self) -> None:
        self._internal = _TitledAnnotation()
        self.name("Anomalies").datasource(DATA_SOURCE).enable(True).icon_color(RED)
        self.expr(f"max by (stream) (streamrnn_anomaly_active{_THIS})")


def _figures(dashboard: Dashboard) -> None:
    dashboard.with_panel(
        number(
            "Unusual", "An anomaly is open.", f"max(streamrnn_anomaly_active{_THIS})", width=4
        ).mappings([YES_NO])
    )
    dashboard.with_panel(
        number(
            "Score now", "Above 1 is anomalous.", f"max(streamrnn_anomaly_score{_THIS})", width=4
        )
        .decimals(2)
        .thresholds(steps((0.8, YELLOW), (1, RED)))
    )
    dashboard.with_panel(
        number(
            "Value",
            "In the sensor's own unit.",
            f"max(streamrnn_value{_THIS})",
            width=4,
            unit="none",
        )
    )
    dashboard.with_panel(
        number(
            "Last reading",
            "How old it is, by its own time.",
            f"time() - max(streamrnn_last_reading_timestamp_seconds{_THIS})",
            width=4,
            unit="s",
        ).decimals(0)
    )
    dashboard.with_panel(
        number(
            "Usual interval",
            "Between two readings, as learned.",
            f"max(streamrnn_reading_interval_seconds{_THIS})",
            width=4,
            unit="s",
        )
    )
    dashboard.with_panel(
        number(
            "Skill ratio",
            "Error of the network over that of repeating the last reading: below 1 it helps.",
            f"max(streamrnn_model_skill_ratio{_THIS})",
            width=4,
        )
        .decimals(2)
        .thresholds(steps((1, YELLOW)))
    )


def _band() -> timeseries.Panel:
    panel = graph(
        "Value, and where it was expected",
        "The band usually holds 95 % of readings. Red: anomalies.",
        [
            query(f"max(streamrnn_value{_THIS})", "value", "A"),
            query(f"max(streamrnn_yhat{_THIS})", "expected", "B"),
            query(f"max(streamrnn_yhat_upper{_THIS})", "upper", "C"),
            query(f"max(streamrnn_yhat_lower{_THIS})", "lower", "D"),
        ],
        width=24,
        height=11,
        unit="none",
    ).fill_opacity(0)
    looks: dict[str, dict[str, object]] = {
        "value": {"color": _fixed("blue"), "custom.lineWidth": 2},
        "expected": {"color": _fixed("green"), "custom.lineStyle": {"fill": "dash"}},
        "upper": {
            "color": _fixed("green"),
            "custom.lineWidth": 0,
            "custom.fillBelowTo": "lower",
            "custom.fillOpacity": 15,
        },
        "lower": {"color": _fixed("green"), "custom.lineWidth": 0},
    }
    for name, look in looks.items():
        panel.override_by_name(
            name, [DynamicConfigValue(id_val=key, value=value) for key, value in look.items()]
        )
    return panel


def _score() -> timeseries.Panel:
    return (
        graph(
            "Score",
            "Below 1 inside the band of the usual, above 1 anomalous; 0 while warming up.",
            [query(f"max(streamrnn_anomaly_score{_THIS})", "score")],
            width=18,
        )
        .min(0)
        .axis_soft_max(1.2)
        .thresholds(steps((1, RED)))
        .thresholds_style(common.GraphThresholdsStyleConfig().mode(GraphTresholdsStyleMode.LINE))
    )


def _fixed(color: str) -> dict[str, str]:
    return {"mode": "fixed", "fixedColor": color}
