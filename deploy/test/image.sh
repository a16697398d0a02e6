#!/usr/bin/env bash
# Builds the image without a Docker engine, and runs it as compose.yml does: not root, nothing
# writable but /tmp and the state, against a real mosquitto (Debian: apt-get install mosquitto
# mosquitto-clients; and see images.sh). ARCHITECTURE=arm64 is emulated on other machines.
#
# shellcheck source=deploy/test/images.sh
source "$(dirname "${BASH_SOURCE[0]}")/images.sh"

readonly BROKER_PORT=${BROKER_PORT:-18831} HTTP_PORT=${HTTP_PORT:-18095}
declare -rA MACHINES=([amd64]=x86_64 [arm64]=aarch64)
# Emulated, everything takes some ten times longer.
is_emulated && patience=10 || patience=1
readonly patience
processes=()

clean_up() {
    ((${#processes[@]})) && kill "${processes[@]}"
    "${podman[@]}" rm --all --force --time 2 >/dev/null
    rm -rf --one-file-system "$SCRATCH"
}
trap clean_up EXIT

in_container() { "${podman[@]}" exec daemon "$@"; }
is_healthy() { "${podman[@]}" healthcheck run daemon; }
is_ready() { in_container streamrnn healthcheck --ready; }
is_for() { [[ $(in_container uname --machine) == "$1" ]]; }
is_run_as() { [[ $(in_container id -u) == "$1" ]]; }
exit_code_was() { [[ $("${podman[@]}" inspect --format '{{.State.ExitCode}}' daemon) == "$1" ]]; }
# shellcheck disable=SC2016 # awk's
metric_is_at_least() {
    curl -s "http://127.0.0.1:$HTTP_PORT/metrics" | awk -v name="$1" -v least="$2" \
        '$1 == name && $2 >= least { found = 1 } END { exit !found }'
}

[[ $ARCHITECTURE != arm64 ]] || can_run_arm64
step "a base image, and on it ours, for $ARCHITECTURE"
debian_image
our_image
"${podman[@]}" images --format '{{.Repository}} {{.Size}}' "$IMAGE"

step "run it"
mosquitto -p "$BROKER_PORT" >"$SCRATCH/mosquitto.log" 2>&1 &
processes+=("$!")
started=$(date +%s%N)
"${podman[@]}" run --detach --name daemon --read-only --tmpfs /tmp:mode=1777 --cap-drop all \
    --security-opt no-new-privileges --network host --ulimit nofile=1024:1024 \
    --ulimit nproc=1024:1024 --health-interval disable \
    --env STREAMRNN_HTTP__PORT="$HTTP_PORT" --env STREAMRNN_GATEWAY__NAME=image-test \
    "$IMAGE" run --broker "mqtt://127.0.0.1:$BROKER_PORT" --topic 'sensors/#' >/dev/null
expect "alive" eventually $((60 * patience)) is_healthy
expect "ready" eventually $((30 * patience)) is_ready
echo "      $((($(date +%s%N) - started) / 1000000)) ms from podman run to ready"
"${podman[@]}" logs daemon 2>&1 | tee "$SCRATCH/daemon.log"
expect "for $ARCHITECTURE" is_for "${MACHINES[$ARCHITECTURE]}"
# What is compiled at start would be added, and the index of what is there rewritten.
expect "the kernels came with the image" in_container diff -r /opt/streamrnn/kernels /tmp/streamrnn
expect "not root" is_run_as 8095
for folder in /opt /etc /usr /var; do
    expect "nothing to write to in $folder" not in_container touch "$folder/x"
done

step "readings in, metrics out"
seq 200 | mosquitto_pub -p "$BROKER_PORT" -t sensors/tank -q 1 -l
expect "200 readings counted" eventually $((10 * patience)) metric_is_at_least streamrnn_readings_total 200

step "stop and start again"
SECONDS=0
"${podman[@]}" stop --time $((30 * patience)) daemon >/dev/null
expect "stopped in $SECONDS s" test "$SECONDS" -le $((10 * patience))
expect "exit code 0" exit_code_was 0
"${podman[@]}" start daemon >/dev/null
expect "ready again" eventually $((60 * patience)) is_ready
"${podman[@]}" logs daemon >"$SCRATCH/daemon.log" 2>&1
expect "with what was learned" grep -q 'state_restored.*streams=1' "$SCRATCH/daemon.log"
