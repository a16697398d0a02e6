"""All streams of all gateways: what is unusual now, what is silent, and since when."""

from __future__ import annotations

from typing import Final

from grafana_foundation_sdk.builders import common
from grafana_foundation_sdk.builders.dashboard import Dashboard, Row
from grafana_foundation_sdk.models.common import StackingMode
from grafana_foundation_sdk.models.dashboard import DynamicConfigValue

from deploy.grafana.source.panels import (
    RED,
    TABLE_ROWS,
    YELLOW,
    YES_NO,
    graph,
    link_to_stream,
    number,
    override,
    query,
    rows,
    steps,
)
from deploy.grafana.source.variables import OVERVIEW_UID, devices, frame, gateways, streams

# Silent for ten of its usual intervals, and for ten minutes: as in the alert rule.
STALE_AFTER: Final = "clamp_min(10 * streamrnn_reading_interval_seconds, 600)"
_PLACE: Final = ("gateway", "device", "stream")
_CHOSEN: Final = '{gateway=~"$gateway", stream=~"$stream"}'
_WITH_DEVICE: Final = (
    " * on (job, instance, stream) group_left (device, unit)"
    ' streamrnn_stream_info{gateway=~"$gateway", device=~"$device"}'
)


def overview_dashboard() -> Dashboard:
    dashboard = frame(
        "streamrnn: overview", OVERVIEW_UID, "What is unusual or silent, over all gateways."
    )
    for variable in (gateways(), devices(), streams()):
        dashboard.with_variable(variable)
    _figures(dashboard)
    _tables(dashboard)
    _history(dashboard)
    return dashboard


def chosen(metric: str) -> str:
    """The chosen streams of a metric, each with its device and unit."""
    return f"{metric}{_CHOSEN}{_WITH_DEVICE}"


def silence() -> str:
    """For how long each of the stale ones has been silent.

    group_left: without it a comparison keeps no labels but those that it matches on.
    """
    last = chosen("streamrnn_last_reading_timestamp_seconds")
    return f"(time() - ({last})) > on (job, instance, stream) group_left () {STALE_AFTER}"


def _figures(dashboard: Dashboard) -> None:
    unusual = f"sum({chosen('streamrnn_anomaly_active')}) or vector(0)"
    silent = f"count({silence()}) or vector(0)"
    not_ready = (
        'count(min by (job, instance) (streamrnn_ready{gateway=~"$gateway"}) == 0) or vector(0)'
    )
    dashboard.with_panel(
        number(
            "Unusual now",
            "Streams with an anomaly that is open, or that began within the last minute.",
            unusual,
            width=4,
        ).thresholds(steps((1, RED)))
    )
    dashboard.with_panel(
        number(
            "Silent now",
            "Streams without a reading for ten of their usual intervals and ten minutes.",
            silent,
            width=4,
        ).thresholds(steps((1, YELLOW)))
    )
    dashboard.with_panel(
        number(
            "Warming up",
            "Streams that have not shown enough readings yet. All of the gateways.",
            'sum(streamrnn_streams{gateway=~"$gateway", state="warming"})',
            width=4,
        )
    )
    dashboard.with_panel(
        number("Streams", "The chosen ones.", f"count({chosen('streamrnn_value')})", width=4)
    )
    dashboard.with_panel(
        number(
            "Gateways",
            "Those that answer.",
            'count(streamrnn_build_info{gateway=~"$gateway"})',
            width=4,
        )
    )
    dashboard.with_panel(
        number(
            "Gateways not ready",
            "See the dashboard streamrnn: daemon.",
            not_ready,
            width=4,
        ).thresholds(steps((1, RED)))
    )


def _tables(dashboard: Dashboard) -> None:
    # An open anomaly may have a low score at the moment: it goes first all the same.
    rank = f"(1e6 * streamrnn_anomaly_active{_CHOSEN} + streamrnn_anomaly_score{_CHOSEN})"
    first = f"topk({TABLE_ROWS}, {rank}{_WITH_DEVICE})"

    def of_first(metric: str) -> str:
        return f"({metric}{_CHOSEN} and on (job, instance, stream) {first}){_WITH_DEVICE}"

    scores = rows(
        f"Unusual now, then the highest scores: {TABLE_ROWS} streams",
        "Above 1 is anomalous. Click on a stream to see it.",
        {
            "Unusual": of_first("streamrnn_anomaly_active"),
            "Score": of_first("streamrnn_anomaly_score"),
            "Value": of_first("streamrnn_value"),
            "Expected from": of_first("streamrnn_yhat_lower"),
            "to": of_first("streamrnn_yhat_upper"),
        },
        (*_PLACE, "unit"),
        width=24,
        height=10,
    ).decimals(2)
    scores.override_by_name(
        "Score",
        [
            DynamicConfigValue(id_val="thresholds", value=steps((0.8, YELLOW), (1, RED)).build()),
            DynamicConfigValue(id_val="custom.cellOptions", value={"type": "color-text"}),
        ],
    )
    override(scores, "Unusual", mappings=[YES_NO], **{"custom.cellOptions": {"type": "color-text"}})
    dashboard.with_panel(link_to_stream(scores))

    silent = rows(
        f"The {TABLE_ROWS} silent for the longest",
        "Streams without a reading for ten of their usual intervals and ten minutes.",
        {"Silent for": f"topk({TABLE_ROWS}, {silence()})"},
        (*_PLACE, "unit"),
        width=12,
    )
    silent.no_value("none")
    dashboard.with_panel(link_to_stream(override(silent, "Silent for", unit="s", decimals=0)))

    total = (
        "sum by (job, instance, gateway, stream)"
        ' (streamrnn_anomalies_total{gateway=~"$gateway", stream=~"$stream"})'
    )
    frequent = rows(
        f"The {TABLE_ROWS} most often unusual",
        "Anomalies since the start of the daemon. Faults, or false alarms: see the stream.",
        {"Anomalies": f"topk({TABLE_ROWS}, {total})"},
        ("gateway", "stream"),
        width=12,
    )
    frequent.no_value("none")
    dashboard.with_panel(link_to_stream(frequent))


def _history(dashboard: Dashboard) -> None:
    dashboard.with_row(Row("History, by gateway"))
    states = graph(
        "Streams by state",
        "normal, warming up, or with an open anomaly.",
        [query('sum by (state) (streamrnn_streams{gateway=~"$gateway"})', "{{state}}")],
        width=8,
    )
    states.stacking(common.StackingConfig().mode(StackingMode.NORMAL)).fill_opacity(40)
    for state, color in (("normal", "green"), ("warming", "blue"), ("anomaly", "red")):
        fixed = {"mode": "fixed", "fixedColor": color}
        states.override_by_name(state, [DynamicConfigValue(id_val="color", value=fixed)])
    dashboard.with_panel(states)
    dashboard.with_panel(
        graph(
            "New anomalies within an hour",
            "Needs the recording rules.",
            [
                query(
                    "sum by (gateway)"
                    ' (increase(gateway:streamrnn_anomalies:sum{gateway=~"$gateway"}[1h]))',
                    "{{gateway}}",
                )
            ],
            width=8,
        ).decimals(0)
    )
    dashboard.with_panel(
        graph(
            "Silent streams",
            "Needs the recording rules.",
            [
                query(
                    'sum by (gateway) (gateway:streamrnn_streams_stale:count{gateway=~"$gateway"})',
                    "{{gateway}}",
                )
            ],
            width=8,
        ).decimals(0)
    )
