#!/usr/bin/env bash
# Installs the package (`make deb`) in a clean Debian 12 under a real systemd, beside mosquitto with
# our settings, and puts the service through its life: start, password from a credential, watchdog,
# reload, crash, stop, a second instance, upgrade, removal, purge.
#
#   systemd.sh dist/streamrnn_VERSION_ARCHITECTURE.deb
#
# shellcheck source=deploy/test/roots.sh
source "$(dirname "${BASH_SOURCE[0]}")/roots.sh"

package=$(realpath "$1")
readonly MACHINE=streamrnn-$$ PASSWORD=correct-horse
root=$SCRATCH/$MACHINE

clean_up() {
    local code=$?
    if [[ -n ${nspawn:-} ]]; then
        ((code == 0)) || inside journalctl --quiet --no-pager --lines 25 >&2
        kill "$nspawn" 2>/dev/null && wait "$nspawn"
    fi
    rm -rf --one-file-system "$SCRATCH"
}
trap clean_up EXIT

# There is no machined to ask: commands enter through the first process of the container.
inside() { nsenter --target "$leader" --mount --uts --ipc --net --pid --cgroup -- "$@" </dev/null; }
is_booted() {
    leader=$(pgrep --parent "$nspawn" --exact systemd) || return 1
    inside systemctl is-system-running 2>/dev/null | grep -Eq 'running|degraded'
}
property() { inside systemctl show --property "$2" --value "$1"; }
has() { [[ $(property streamrnn "$1") == "$2" ]]; }
logged() { inside journalctl --quiet --no-pager --unit "${2:-streamrnn}" | grep -q "$1"; }
is_ready() { inside streamrnn healthcheck --ready; }
gone() { ! inside test -e "$1"; }
# As somebody who may run programs but is neither root nor the service.
nobody_reads() { ! inside runuser -u nobody -- cat "$1"; }

step "a Debian 12 with systemd and mosquitto"
debian_root "$root" systemd systemd-sysv dbus python3 mosquitto mosquitto-clients procps \
    init-system-helpers
install -D -m 644 -t "$root/etc/mosquitto/conf.d" \
    "$PROJECT"/deploy/mosquitto/{access,durability}.conf
install -m 600 "$PROJECT/deploy/mosquitto/acl" "$root/etc/mosquitto/acl"
for user in streamrnn tank; do
    printf '%s:%s\n' "$user" "$PASSWORD" >>"$root/etc/mosquitto/passwords"
done
in_root "$root" sh -c 'mosquitto_passwd -U /etc/mosquitto/passwords &&
    chown mosquitto: /etc/mosquitto/passwords /etc/mosquitto/acl'
cp "$package" "$root/root/streamrnn.deb"
echo '127.0.0.1 localhost' >"$root/etc/hosts" # debootstrap leaves that to the installer
# A network of its own: nothing there but the loopback device, and no port taken.
systemd-nspawn --quiet --register=no --keep-unit --private-network --machine "$MACHINE" \
    --directory "$root" --boot >"$SCRATCH/console.log" 2>&1 </dev/null &
nspawn=$!
expect "booted" eventually 60 is_booted
inside systemctl --version | head -1

step "install"
inside dpkg --install /root/streamrnn.deb
expect "started, without a broker that lets it in" has ActiveState active
expect "as its own user" has User streamrnn
inside systemctl --no-pager --lines 0 status streamrnn
expect "not ready without a password" eventually 20 not is_ready
expect "settings are not for everybody" nobody_reads /etc/streamrnn/streamrnn.toml

step "password from a credential"
printf '%s\n' "$PASSWORD" >"$root/etc/streamrnn/secrets/mqtt"
chmod 600 "$root/etc/streamrnn/secrets/mqtt"
cat >"$root/etc/streamrnn/streamrnn.toml" <<'TOML'
[gateway]
name = "test"

[mqtt]
broker = "mqtt://localhost:1883"
user = "streamrnn"
password_file = "/run/credentials/streamrnn.service/secret_mqtt"

[[source]]
topic = "sensors/#"
TOML
started=$(date +%s%N)
inside systemctl restart streamrnn
echo "      $((($(date +%s%N) - started) / 1000000)) ms from stop to READY, with compiled kernels"
inside journalctl --quiet --no-pager --unit streamrnn --output cat | grep kernels_ready
expect "connected and subscribed" eventually 30 is_ready
expect "others cannot read the credential" nobody_reads /run/credentials/streamrnn.service/secret_mqtt
expect "a status line" grep -q . <(property streamrnn StatusText)
echo "      Status: \"$(property streamrnn StatusText)\""
inside sh -c "seq 300 | mosquitto_pub -u tank -P $PASSWORD -t sensors/tank/level -q 1 -l"
counted() { inside /opt/streamrnn/bin/python -c 'import sys, urllib.request as u
text = u.urlopen("http://127.0.0.1:8095/metrics").read().decode()
sys.exit("streamrnn_readings_total 300.0" not in text)'; }
expect "300 readings counted" eventually 20 counted

step "watchdog"
echo "      WatchdogUSec=$(property streamrnn WatchdogUSec)"
before=$(property streamrnn WatchdogTimestampMonotonic)
moved() { (($(property streamrnn WatchdogTimestampMonotonic) > before)); }
expect "is fed" eventually 70 moved
inside mkdir -p /run/systemd/system/streamrnn.service.d
printf '[Service]\nWatchdogSec=5s\nRestartSec=1s\n' | nsenter --target "$leader" --mount -- \
    tee /run/systemd/system/streamrnn.service.d/test.conf >/dev/null
inside systemctl daemon-reload
inside systemctl restart streamrnn
pid=$(property streamrnn MainPID)
inside systemctl kill --signal=STOP streamrnn
restarted() { has ActiveState active && [[ $(property streamrnn MainPID) != "$pid" ]]; }
expect "ends a daemon that hangs, and starts another" eventually 120 restarted
expect "which is ready" eventually 30 is_ready
inside rm /run/systemd/system/streamrnn.service.d/test.conf
inside systemctl daemon-reload
inside systemctl restart streamrnn

step "reload"
sed -i 's/^\[gateway\]/[log]\nlevel = "debug"\n&/' "$root/etc/streamrnn/streamrnn.toml"
pid=$(property streamrnn MainPID)
expect "accepted" inside systemctl reload streamrnn
expect "done" eventually 20 logged reloaded
expect "by the same process" has MainPID "$pid"
expect "and ready again" eventually 20 has SubState running
echo 'colour = "blue"' >>"$root/etc/streamrnn/streamrnn.toml"
inside systemctl reload streamrnn
expect "a mistake is named" eventually 20 logged colour
expect "and the daemon goes on" eventually 20 is_ready
expect "as the same process" has MainPID "$pid"
sed -i '/colour/d' "$root/etc/streamrnn/streamrnn.toml"

step "crash and stop"
inside systemctl kill --signal=KILL streamrnn
expect "started again after kill -9" eventually 60 restarted
expect "ready" eventually 30 is_ready
started=$(date +%s%N)
inside systemctl stop streamrnn
milliseconds=$((($(date +%s%N) - started) / 1000000))
expect "stopped in $milliseconds ms" test "$milliseconds" -lt 10000
expect "in good order" has Result success
expect "state was saved" inside sh -c 'ls /var/lib/streamrnn/*'
inside ls -ld /var/lib/streamrnn /var/cache/streamrnn /etc/streamrnn /etc/streamrnn/secrets
inside systemctl start streamrnn

step "a second daemon on the machine"
sed -e 's/"test"/"second"/; s/streamrnn.service/streamrnn@second.service/' \
    "$root/etc/streamrnn/streamrnn.toml" >"$root/etc/streamrnn/second.toml"
printf '[http]\nport = 8096\n' >>"$root/etc/streamrnn/second.toml"
inside systemctl start streamrnn@second
expect "runs beside the first" eventually 30 inside streamrnn healthcheck --ready \
    --config /etc/streamrnn/second.toml
inside systemctl stop streamrnn@second

step "upgrade, remove, purge"
pid=$(property streamrnn MainPID)
inside dpkg --install /root/streamrnn.deb
expect "an upgrade restarts it" eventually 60 restarted
expect "and keeps the settings" inside grep -q secret_mqtt /etc/streamrnn/streamrnn.toml
inside dpkg --remove streamrnn
expect "removal stops it" eventually 20 not inside systemctl is-active streamrnn
expect "and keeps settings" inside test -e /etc/streamrnn/streamrnn.toml
expect "and what was learned" inside test -d /var/lib/streamrnn
expect "programs are gone" gone /opt/streamrnn
inside dpkg --install /root/streamrnn.deb
expect "installed again, it is there again" eventually 60 is_ready
inside dpkg --purge streamrnn
for folder in /opt/streamrnn /etc/streamrnn /var/lib/streamrnn /var/cache/streamrnn; do
    expect "purged: $folder" gone "$folder"
done

step "all passed; what the journal said last"
inside journalctl --quiet --no-pager --unit streamrnn --output cat | tail -5
