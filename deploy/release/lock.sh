#!/bin/sh
# Writes requirements/*.txt: the dependencies of the daemon, of that with `replay`, and of all that is
# done in this repository, with versions and hashes. A file serves x86-64 and arm64, and all versions
# of Python that we support.
#
#   lock.sh UV [uv's options, such as --upgrade]
set -eu
cd "$(dirname "$0")/../.."
uv=$1
shift

lock() {
    output=$1
    shift
    "$uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes \
        --no-emit-index-url --custom-compile-command 'make lock' --output-file "$output" "$@"
}

lock requirements/build.txt "$@" requirements/build.in
lock requirements/daemon.txt "$@" pyproject.toml
lock requirements/backtest.txt --extra backtest --constraints requirements/daemon.txt "$@" \
    pyproject.toml
lock requirements/all.txt --all-extras --constraints requirements/backtest.txt "$@" \
    pyproject.toml
