# Sourced by the scripts beside it: throw-away Debian 12 systems to install and start streamrnn in.
# Needs root, debootstrap and systemd-nspawn (Debian: apt-get install debootstrap systemd-container).
# shellcheck shell=bash disable=SC2034
set -euo pipefail

PROJECT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
readonly PROJECT # for the scripts
readonly MIRROR=${DEBIAN_MIRROR:-http://deb.debian.org/debian}
readonly BASE=${STREAMRNN_ROOTS:-/var/tmp/streamrnn-roots}
OURS=$(dpkg --print-architecture)
readonly OURS
# Of the systems that are made. Programs of another one are run by qemu-user-static through binfmt_misc.
readonly ARCHITECTURE=${ARCHITECTURE:-$OURS}
SCRATCH=$(mktemp -d /var/tmp/streamrnn-test.XXXXXX)
readonly SCRATCH
trap 'rm -rf --one-file-system "$SCRATCH"' EXIT

step() { printf '\n== %s\n' "$*"; }

passed() { printf 'ok    %s\n' "$*"; }

failed() {
    printf 'FAIL  %s\n' "$*" >&2
    return 1
}

not() { ! "$@"; }

# Run a command, and say under a name whether it did what it should.
expect() {
    local name=$1
    shift
    if "$@" >"$SCRATCH/expect.log" 2>&1; then passed "$name"; else
        cat "$SCRATCH/expect.log" >&2
        failed "$name"
    fi
}

# Ask again until a command succeeds: eventually SECONDS COMMAND...
eventually() {
    local deadline=$((SECONDS + $1))
    shift
    until "$@"; do
        ((SECONDS < deadline)) || return 1
        sleep 0.2
    done
}

is_emulated() { [[ $ARCHITECTURE != "$OURS" ]]; }

can_run_arm64() {
    [[ $OURS == arm64 || -e /proc/sys/fs/binfmt_misc/qemu-aarch64 ]] && return
    echo "The kernel does not know who runs programs for arm64. Where qemu-user-static is installed:" >&2
    echo "    sudo systemctl restart systemd-binfmt" >&2
    echo "or, without systemd, with binfmt_misc mounted on /proc/sys/fs/binfmt_misc:" >&2
    echo "    cat /usr/lib/binfmt.d/qemu-aarch64.conf > /proc/sys/fs/binfmt_misc/register" >&2
    return 1
}

# A fresh Debian 12 in $1 with nothing but the packages named after it. The download is kept in
# $BASE, one per architecture, as most of the time goes there.
debian_root() {
    local root=$1 base=$BASE/bookworm-$ARCHITECTURE
    shift
    if [[ ! -e $base.complete ]]; then
        step "debootstrap Debian 12 for $ARCHITECTURE into $base"
        rm -rf "$base"
        mkdir -p "$BASE"
        debootstrap --arch "$ARCHITECTURE" --variant=minbase bookworm "$base" "$MIRROR" \
            >"$SCRATCH/debootstrap.log" || { tail -n 20 "$SCRATCH/debootstrap.log" >&2 && return 1; }
        touch "$base.complete"
    fi
    cp -a "$base" "$root"
    (($# == 0)) && return
    in_root "$root" sh -c 'apt-get update -qq && DEBIAN_FRONTEND=noninteractive exec \
        apt-get install -y -qq --no-install-recommends "$@" >/dev/null' install "$@"
}

# Run a command inside a root. It shares our network, and trusts the authorities that we trust: pip
# may have to go through a mirror of ours.
in_root() {
    local root=$1 options=(--quiet --register=no --keep-unit --as-pid2)
    shift
    if [[ -e /etc/ssl/certs/ca-certificates.crt ]]; then
        options+=(--bind-ro=/etc/ssl/certs/ca-certificates.crt:/run/host-authorities.crt
            --setenv=PIP_CERT=/run/host-authorities.crt)
    fi
    systemd-nspawn "${options[@]}" -D "$root" "$@" </dev/null
}
