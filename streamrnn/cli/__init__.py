"""The command `streamrnn`: the only place that prints to the terminal.

app           the commands put together; main: errors become exit codes
settings      options that commands share; settings from file, environment and command line
exit_codes    what the exit code of a command means
run  demo  discover  check_config  test_message  replay  healthcheck  bench_quality
              one command each
anomalies     the events of a replay as one table row per anomaly

Whatever is slow to import (numpy, numba, pydantic, pandas) is imported inside the command that
needs it: `--version`, `--help`, `check-config` and `healthcheck` must start at once.

Exit codes:

    0    done; healthcheck: healthy; test-message, discover: at least one reading
    1    failed while running; healthcheck: not healthy; test-message, discover: no reading
    2    wrong usage, or a setting is wrong
    3    the MQTT broker cannot be used (a daemon keeps trying instead)
    4    stored state cannot be read or written, or was made under other settings
    5    an input file cannot be used
    130  interrupted with Ctrl-C
"""

from streamrnn.cli.app import app, main

__all__ = ["app", "main"]
