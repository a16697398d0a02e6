#!/usr/bin/env bash
# `streamrnn replay` and `compile-kernels` on arm64, every dependency from a wheel. On another
# machine the processor is emulated, by qemu-user-static through binfmt_misc: some ten times slower.
#
# shellcheck disable=SC2034
ARCHITECTURE=arm64
# shellcheck source=deploy/test/roots.sh
source "$(dirname "${BASH_SOURCE[0]}")/roots.sh"
can_run_arm64

root=$SCRATCH/root
debian_root "$root" python3 python3-venv
mkdir "$root/src"
git -C "$PROJECT" ls-files -z --cached --others --exclude-standard -- \
    streamrnn requirements pyproject.toml README.md LICENSE |
    tar -C "$PROJECT" --null --files-from=- --ignore-failed-read -c | tar -C "$root/src" -x

step "install what is pinned, from wheels only"
in_root "$root" python3 -m venv /opt/streamrnn
in_root "$root" /opt/streamrnn/bin/pip install --quiet --disable-pip-version-check \
    --no-compile --require-hashes --only-binary=:all: -r /src/requirements/backtest.txt
in_root "$root" /opt/streamrnn/bin/pip install --quiet --disable-pip-version-check --no-compile \
    --no-deps /src
in_root "$root" uname --machine >"$SCRATCH/machine"
expect "the processor is arm64" grep -q aarch64 "$SCRATCH/machine"

step "compile the kernels"
in_root "$root" /opt/streamrnn/bin/streamrnn compile-kernels

step "replay a recording with a fault at the end"
python3 - >"$root/recording.csv" <<'PYTHON'
import math

print("time,value")
for minute in range(2000):
    value = 20 + 5 * math.sin(minute / 30) + 0.1 * ((minute * 7919) % 13)
    print(f"{1_700_000_000 + 60 * minute},{value + (60 if minute == 1950 else 0):.3f}")
PYTHON
in_root "$root" /opt/streamrnn/bin/streamrnn replay /recording.csv | tee "$SCRATCH/anomalies"
expect "the fault was found" grep -q out_of_range "$SCRATCH/anomalies"
