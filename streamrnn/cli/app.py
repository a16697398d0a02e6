"""The commands put together, and the boundary where errors become text and exit codes."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from streamrnn import __version__
from streamrnn.cli.bench_adaptation import bench_adaptation
from streamrnn.cli.bench_cold_start import bench_cold_start
from streamrnn.cli.bench_compare import bench_compare
from streamrnn.cli.bench_false_alarms import bench_false_alarms
from streamrnn.cli.bench_kinds import bench_kinds
from streamrnn.cli.bench_quality import bench_quality
from streamrnn.cli.check_config import check_config
from streamrnn.cli.compile_kernels import compile_kernels
from streamrnn.cli.demo import demo
from streamrnn.cli.discover import discover
from streamrnn.cli.events import events
from streamrnn.cli.exit_codes import EPILOG, exit_code_of
from streamrnn.cli.healthcheck import healthcheck
from streamrnn.cli.replay import replay
from streamrnn.cli.run import run
from streamrnn.cli.test_message import explain_message
from streamrnn.errors import ConfigError, StreamrnnError

app = typer.Typer(
    name="streamrnn",
    no_args_is_help=True,
    add_completion=False,
    # A traceback is for whoever mends the program: plain, and without the values of variables,
    # among which may be a password.
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"streamrnn {__version__}")
        raise typer.Exit


@app.callback(epilog=EPILOG)
def _streamrnn(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Finds anomalies in sensor streams, with one small recurrent network per stream, over MQTT.

    See it work:  streamrnn demo

    On your own broker:  streamrnn run --broker mqtt://localhost:1883 --topic 'sensors/#'
    """


app.command()(run)
app.command()(demo)
app.command()(discover)
app.command()(check_config)
# A payload such as -18.4 is no option.
app.command("test-message", context_settings={"ignore_unknown_options": True})(explain_message)
app.command()(replay)
app.command()(events)
app.command()(healthcheck)
app.command()(compile_kernels)

bench = typer.Typer(no_args_is_help=True, help="Measure how good the detector is.")
bench.command("quality")(bench_quality)
bench.command("compare")(bench_compare)
bench.command("false-alarms")(bench_false_alarms)
bench.command("kinds")(bench_kinds)
bench.command("cold-start")(bench_cold_start)
bench.command("adaptation")(bench_adaptation)
app.add_typer(bench, name="bench")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line, by default that of the process. Always ends in SystemExit."""
    try:
        app(arguments, prog_name="streamrnn")
    except StreamrnnError as error:
        problems = error.problems if isinstance(error, ConfigError) else [str(error)]
        sys.stderr.write("".join(f"streamrnn: {problem}\n" for problem in problems))
        sys.exit(exit_code_of(error))
