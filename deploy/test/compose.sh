#!/usr/bin/env bash
# Starts compose.yml without a Docker engine: the plant, the daemon, and Debian's own mosquitto and
# Prometheus under the names of the images that it asks for, in a network of their own. Grafana is left
# out, as Debian has none. Takes the ports 1883, 8095 and 9090 of 127.0.0.1 (Debian: apt-get install
# podman netavark aardvark-dns iptables curl jq; and see images.sh).
#
# shellcheck source=deploy/test/images.sh
source "$(dirname "${BASH_SOURCE[0]}")/images.sh"

readonly SERVICES=(mosquitto streamrnn plant prometheus)

# podman-compose calls this; it has no say in limits and runtime otherwise.
cat >"$SCRATCH/containers.conf" <<CONF
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
CONF
cat >"$SCRATCH/podman" <<PODMAN
#!/bin/sh
export CONTAINERS_CONF='$SCRATCH/containers.conf'
exec ${podman[@]} "\$@"
PODMAN
chmod +x "$SCRATCH/podman"

# It waits for ever for a container that cannot start.
compose() {
    timeout 300 "$SCRATCH/compose/bin/podman-compose" --podman-path "$SCRATCH/podman" \
        -f "$PROJECT/deploy/compose.yml" "$@" >>"$SCRATCH/compose.log" 2>&1
}
clean_up() {
    compose down --volumes
    rm -rf --one-file-system "$SCRATCH"
}

metrics() { curl -s http://127.0.0.1:8095/metrics; }
asked() { curl -sG http://127.0.0.1:9090/api/v1/query --data-urlencode "query=$1"; }
is_ready() { curl -sf http://127.0.0.1:8095/readyz; }
# shellcheck disable=SC2016 # awk's
hears_the_plant() {
    metrics | awk '$1 == "streamrnn_readings_total" && $2 >= 100 { found = 1 } END { exit !found }'
}
has_heard() { asked "$1" | jq -e '.data.result | length > 0'; }
rules_are_healthy() {
    curl -s http://127.0.0.1:9090/api/v1/rules |
        jq -e '[.data.groups[].rules[].health] | length > 0 and all(. == "ok")'
}

step "images"
debian_image
our_image
"${podman[@]}" tag "$IMAGE" streamrnn
python3 -m venv "$SCRATCH/compose"
"$SCRATCH/compose/bin/pip" install --quiet --disable-pip-version-check podman-compose==1.5.0
build --tag docker.io/eclipse-mosquitto:2.0 - <<DOCKERFILE
FROM $DEBIAN
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends mosquitto >/dev/null 2>&1 && \
    mkdir -p /mosquitto/data && chown 1883 /mosquitto/data
CMD ["/usr/sbin/mosquitto", "-c", "/mosquitto/config/mosquitto.conf"]
DOCKERFILE
prometheus=$(sed -n 's/ *image: \(prom\/prometheus:.*\)/\1/p' "$PROJECT/deploy/compose.yml")
build --tag "docker.io/$prometheus" - <<DOCKERFILE
FROM $DEBIAN
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends prometheus >/dev/null 2>&1 && \
    mkdir /prometheus && chown nobody /prometheus
USER nobody
CMD ["/usr/bin/prometheus", "--config.file=/etc/prometheus/prometheus.yml", "--storage.tsdb.path=/prometheus"]
DOCKERFILE

step "up"
trap clean_up EXIT
if ! compose up --detach --no-build "${SERVICES[@]}"; then
    cat "$SCRATCH/compose.log" >&2
    failed "podman-compose up"
fi
expect "the daemon is ready" eventually 90 is_ready
expect "it hears the plant" eventually 60 hears_the_plant
expect "its health check passes" "$SCRATCH/podman" healthcheck run streamrnn_streamrnn_1
expect "Prometheus has the readings" eventually 60 has_heard 'streamrnn_readings_total{gateway="demo"} > 0'
expect "and values" eventually 60 has_heard 'count(streamrnn_value) >= 10'
expect "its rules evaluate" eventually 60 rules_are_healthy

step "down"
compose down --volumes
expect "nothing is left" test -z "$("${podman[@]}" ps --all --quiet)"
