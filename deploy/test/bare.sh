#!/usr/bin/env bash
# The two set-up commands on a bare Debian 12: Python 3.11, make, a clone of the project, no more.
#
#   bare.sh [pytest arguments]      by default some folders of tests; give '' for the whole suite
#
# shellcheck source=deploy/test/roots.sh
source "$(dirname "${BASH_SOURCE[0]}")/roots.sh"

readonly SUBSET=${1-tests/ingest tests/config tests/kernels}
root=$SCRATCH/root
debian_root "$root" python3 make
git clone --quiet "$PROJECT" "$root/root/streamrnn"

step "make run, for a minute"
in_root "$root" make -C /root/streamrnn run RUN_ARGS='--minutes 1'

step "make test PYTEST_ARGS='$SUBSET'"
in_root "$root" make -C /root/streamrnn test PYTEST_ARGS="-q $SUBSET"
