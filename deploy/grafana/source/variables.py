"""What a dashboard can be narrowed to, and the frame that all dashboards share."""

from __future__ import annotations

from typing import Final

from grafana_foundation_sdk.builders.dashboard import (
    Dashboard,
    DashboardLink,
    DatasourceVariable,
    QueryVariable,
)
from grafana_foundation_sdk.models.dashboard import (
    DashboardCursorSync,
    DashboardLinkType,
    DataSourceRef,
    VariableOption,
    VariableRefresh,
    VariableSort,
)

TAG: Final = "streamrnn"
PROVISIONED: Final = "streamrnn-prometheus"  # uid in provisioning/datasources/prometheus.yml
DATA_SOURCE: Final = DataSourceRef(type_val="prometheus", uid="${datasource}")

OVERVIEW_UID: Final = "streamrnn-overview"
STREAM_UID: Final = "streamrnn-stream"
DAEMON_UID: Final = "streamrnn-daemon"

# Matches a label that is absent too: a gateway scraped without that label is still shown.
_ANYTHING: Final = ".*"


def frame(title: str, uid: str, description: str) -> Dashboard:
    """A dashboard without panels: six hours, refreshed as often as is scraped at most."""
    return (
        Dashboard(title)
        .uid(uid)
        .description(description)
        .tags([TAG])
        .timezone("browser")
        .time("now-6h", "now")
        .refresh("30s")
        .tooltip(DashboardCursorSync.CROSSHAIR)
        .link(
            DashboardLink("streamrnn")
            .type(DashboardLinkType.DASHBOARDS)
            .tags([TAG])
            .as_dropdown(True)
            .include_vars(True)
            .keep_time(True)
        )
        .with_variable(
            DatasourceVariable("datasource")
            .label("Data source")
            .type("prometheus")
            .current(VariableOption(selected=True, text="Prometheus", value=PROVISIONED))
        )
    )


def gateways() -> QueryVariable:
    return _several("gateway", "Gateway", "label_values(streamrnn_build_info, gateway)")


def one_gateway() -> QueryVariable:
    return _one("gateway", "Gateway", "label_values(streamrnn_build_info, gateway)")


def devices() -> QueryVariable:
    return _several(
        "device", "Device", 'label_values(streamrnn_stream_info{gateway=~"$gateway"}, device)'
    )


_STREAMS: Final = (
    'label_values(streamrnn_stream_info{gateway=~"$gateway", device=~"$device"}, stream)'
)


def streams() -> QueryVariable:
    return _several("stream", "Stream", _STREAMS)


def one_stream() -> QueryVariable:
    return _one("stream", "Stream", _STREAMS)


def _several(name: str, label: str, query: str) -> QueryVariable:
    everything = VariableOption(selected=True, text="All", value="$__all")
    variable = _one(name, label, query).multi(True).include_all(True).all_value(_ANYTHING)
    return variable.current(everything)


def _one(name: str, label: str, query: str) -> QueryVariable:
    return (
        QueryVariable(name)
        .label(label)
        .datasource(DATA_SOURCE)
        .query(query)
        .refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(VariableSort.ALPHABETICAL_CASE_INSENSITIVE_ASC)
    )
