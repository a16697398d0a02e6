# Sourced by image.sh and compose.sh: builds images without a Docker engine, on a Debian of
# debootstrap's. Needs podman too (Debian: apt-get install podman).
# crun needs control groups of version 2; elsewhere runc runs containers (Debian: apt-get install runc).
# shellcheck shell=bash disable=SC2034
source "$(dirname "${BASH_SOURCE[0]}")/roots.sh"

readonly DEBIAN=localhost/debian:bookworm-slim-$ARCHITECTURE IMAGE=localhost/streamrnn:$ARCHITECTURE
[[ $(stat --file-system --format %T /sys/fs/cgroup) == cgroup2fs ]] && runtime=crun || runtime=runc
readonly runtime
# The layers are kept beside the base systems.
podman=(podman --root "$BASE/images" --runroot "$BASE/images-run" --cgroup-manager cgroupfs
    --storage-driver "${STORAGE_DRIVER:-overlay}" --runtime "$runtime")

build() {
    "${podman[@]}" build --quiet --arch "$ARCHITECTURE" --isolation chroot --network host --format docker "$@"
}

debian_image() {
    if ! "${podman[@]}" image exists "$DEBIAN"; then
        debian_root "$SCRATCH/base"
        tar -C "$SCRATCH/base" -c . | "${podman[@]}" import --quiet --arch "$ARCHITECTURE" - "$DEBIAN"
    fi
}

our_image() {
    printf '[global]\ncert = /run/authorities.crt\n' >"$SCRATCH/pip.conf"
    build --layers --build-arg BASE="$DEBIAN" \
        --volume /etc/ssl/certs/ca-certificates.crt:/run/authorities.crt:ro \
        --volume "$SCRATCH/pip.conf:/etc/pip.conf:ro" \
        --file "$PROJECT/deploy/docker/Dockerfile" --tag "$IMAGE" "$PROJECT"
}
