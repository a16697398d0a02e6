"""The few kinds of panels that the dashboards are made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from grafana_foundation_sdk.builders import (
    common,
    prometheus,
    stat,
    statetimeline,
    table,
    timeseries,
)
from grafana_foundation_sdk.builders.dashboard import DashboardLink, ThresholdsConfig
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models.common import (
    BigValueColorMode,
    BigValueGraphMode,
    LegendDisplayMode,
    LegendPlacement,
    SortOrder,
    TableSortByFieldState,
    TooltipDisplayMode,
    VisibilityMode,
)
from grafana_foundation_sdk.models.dashboard import (
    DataTransformerConfig,
    DynamicConfigValue,
    Threshold,
    ThresholdsMode,
    ValueMap,
    ValueMapping,
    ValueMappingResult,
)
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from deploy.grafana.source.variables import DATA_SOURCE, STREAM_UID

GREEN, YELLOW, RED, GREY = "green", "yellow", "red", "text"
WIDTH: Final = 24  # of Grafana's grid
TABLE_ROWS: Final = 25

# Columns that come with every table.
_PLUMBING: Final = ("Time", "__name__", "job", "instance", "gateway")

YES_NO: Final[ValueMapping] = ValueMap(
    options={
        "0": ValueMappingResult(text="no", color=GREEN, index=0),
        "1": ValueMappingResult(text="yes", color=RED, index=1),
    }
)
WELL_OR_NOT: Final[ValueMapping] = ValueMap(
    options={
        "0": ValueMappingResult(text="not ready", color=RED, index=0),
        "1": ValueMappingResult(text="ready", color=GREEN, index=1),
    }
)


def steps(*above: tuple[float, str], base: str = GREEN) -> ThresholdsConfig:
    """`base`, and each colour from its value on."""
    thresholds = [Threshold(value=None, color=base)]
    thresholds += [Threshold(value=value, color=color) for value, color in above]
    return ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(thresholds)


def query(expr: str, legend: str = "", ref_id: str = "A") -> prometheus.Dataquery:
    """A series over the time range."""
    return prometheus.Dataquery().expr(expr).legend_format(legend).ref_id(ref_id).range()


def query_now(expr: str, ref_id: str = "A") -> prometheus.Dataquery:
    """One value per series, at the end of the time range."""
    return prometheus.Dataquery().expr(expr).ref_id(ref_id).instant()


def number(
    title: str, description: str, expr: str, *, width: int, unit: str = "short"
) -> stat.Panel:
    """One figure, now."""
    return (
        stat.Panel()
        .title(title)
        .description(description)
        .datasource(DATA_SOURCE)
        .with_target(query_now(expr))
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
        .graph_mode(BigValueGraphMode.NONE)
        .color_mode(BigValueColorMode.VALUE)
        .thresholds(steps(base=GREY))
        .unit(unit)
        .height(4)
        .span(width)
    )


def graph(
    title: str,
    description: str,
    queries: Sequence[prometheus.Dataquery],
    *,
    width: int,
    height: int = 8,
    unit: str = "short",
) -> timeseries.Panel:
    """Lines over time."""
    panel = (
        timeseries.Panel()
        .title(title)
        .description(description)
        .datasource(DATA_SOURCE)
        .unit(unit)
        .line_width(1)
        .fill_opacity(10)
        .show_points(VisibilityMode.NEVER)
        .tooltip(
            common.VizTooltipOptions().mode(TooltipDisplayMode.MULTI).sort(SortOrder.DESCENDING)
        )
        .legend(
            common.VizLegendOptions()
            .display_mode(LegendDisplayMode.LIST)
            .placement(LegendPlacement.BOTTOM)
            .show_legend(True)
            .calcs([])
        )
        .height(height)
        .span(width)
    )
    return panel.targets(list(queries))


def timeline(
    title: str, description: str, one: prometheus.Dataquery, mapping: ValueMapping, *, width: int
) -> statetimeline.Panel:
    """One bar per series, coloured by its state."""
    return (
        statetimeline.Panel()
        .title(title)
        .description(description)
        .datasource(DATA_SOURCE)
        .with_target(one)
        .mappings([mapping])
        .merge_values(True)
        .show_value(VisibilityMode.NEVER)
        .fill_opacity(80)
        .height(8)
        .span(width)
    )


def rows(
    title: str,
    description: str,
    columns: Mapping[str, str],
    labels: Sequence[str],
    *,
    width: int,
    height: int = 9,
) -> table.Panel:
    """One row per series, joined over all queries by their labels.

    columns: header -> expression; the rows are sorted by the first two. labels: the label columns,
    in order. Every expression must yield the same labels.
    """
    panel = (
        table.Panel()
        .title(title)
        .description(description)
        .datasource(DATA_SOURCE)
        .sort_by([_descending(header) for header in list(columns)[:2]])
        .height(height)
        .span(width)
    )
    values = {}
    for ref_id, (header, expr) in zip("ABCDEFGH", columns.items(), strict=False):
        panel.with_target(query_now(expr, ref_id).format(PromQueryFormat.TABLE))
        values["Value" if len(columns) == 1 else f"Value #{ref_id}"] = header
    places = {name: place for place, name in enumerate([*labels, *values])}
    return panel.with_transformation(
        DataTransformerConfig(id_val="merge", options={})
    ).with_transformation(
        DataTransformerConfig(
            id_val="organize",
            options={
                "excludeByName": {name: True for name in _PLUMBING if name not in labels},
                "indexByName": places,
                "renameByName": {**values, **{label: label.capitalize() for label in labels}},
            },
        )
    )


def _descending(header: str) -> Builder[TableSortByFieldState]:
    return common.TableSortByFieldState().display_name(header).desc(True)


def link_to_stream(panel: table.Panel) -> table.Panel:
    """Make the streams of a table lead to their own dashboard."""
    url = (
        f"/d/{STREAM_UID}?${{datasource:queryparam}}&var-device=$__all"
        "&var-gateway=${__data.fields.Gateway:percentencode}"
        "&var-stream=${__data.fields.Stream:percentencode}"
        "&${__url_time_range}"
    )
    link = DashboardLink("Show this stream").url(url)
    return panel.override_by_name(
        "Stream", [DynamicConfigValue(id_val="links", value=[link.build()])]
    )


def override(panel: table.Panel, column: str, **properties: object) -> table.Panel:
    """Field properties of one column, such as `unit="s"`."""
    values = [DynamicConfigValue(id_val=name, value=value) for name, value in properties.items()]
    return panel.override_by_name(column, values)
