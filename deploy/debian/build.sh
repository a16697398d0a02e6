#!/bin/sh
# Builds dist/streamrnn_VERSION_ARCHITECTURE.deb: a private virtual environment of what
# requirements/daemon.txt pins, the systemd units, a first configuration. Runs on the release of Debian
# that the package is for, as the environment belongs to one version of Python.
#   build.sh PYTHON      a Python with pip, such as .venv/bin/python
set -eu
cd "$(dirname "$0")/../.."
pip="$1 -m pip --disable-pip-version-check --quiet"
system_python=/usr/bin/python3
umask 022

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tree=$work/tree
home=$tree/opt/streamrnn

$system_python -m venv --without-pip "$home"
$system_python -m venv --without-pip "$work/build"
$pip --python "$work/build/bin/python" install --require-hashes -r requirements/build.txt
$pip --python "$home/bin/python" install --no-compile --require-hashes --only-binary=:all: \
    -r requirements/daemon.txt
git ls-files -z pyproject.toml README.md LICENSE streamrnn | xargs -0 cp --parents -t "$work/build"
(cd "$work/build" && bin/python -c \
    'from setuptools.build_meta import build_wheel; build_wheel(".")' >/dev/null)
$pip --python "$home/bin/python" install --no-compile --no-deps "$work"/build/*.whl

find "$home/lib" -type d -name tests -prune -exec rm -r {} +
# What was written for the folder that it was made in. Of the programs only ours is wanted.
find "$home/bin" -type f ! -name streamrnn -delete
sed -i "s|$home|/opt/streamrnn|g" "$home/bin/streamrnn" "$home/pyvenv.cfg"
# Everything is compiled here: nobody writes beside the sources, and nothing is left when they go.
$system_python -m compileall -q --invalidation-mode unchecked-hash \
    -s "$home" -p /opt/streamrnn "$home/lib"

install -D -m 644 -t "$tree/lib/systemd/system" deploy/systemd/*.service
install -D -m 644 deploy/systemd/streamrnn.sysusers "$tree/usr/lib/sysusers.d/streamrnn.conf"
install -D -m 644 deploy/systemd/streamrnn.tmpfiles "$tree/usr/lib/tmpfiles.d/streamrnn.conf"
install -D -m 644 configs/minimal.toml "$tree/etc/streamrnn/streamrnn.toml"
install -D -m 644 -t "$tree/usr/share/doc/streamrnn" configs/streamrnn.toml LICENSE CHANGELOG.md
install -D -m 644 -t "$tree/usr/share/doc/streamrnn/mosquitto" deploy/mosquitto/*
install -d "$tree/usr/bin"
ln -s /opt/streamrnn/bin/streamrnn "$tree/usr/bin/streamrnn"

version=$("$home/bin/python" -c 'from importlib.metadata import version; print(version("streamrnn"))')
architecture=$(dpkg --print-architecture)
install -d "$tree/DEBIAN"
install -m 755 deploy/debian/postinst deploy/debian/prerm deploy/debian/postrm "$tree/DEBIAN"
echo /etc/streamrnn/streamrnn.toml >"$tree/DEBIAN/conffiles"
python_range=$($system_python -c 'import sys
print("python3 (>= {0}.{1}), python3 (<< {0}.{2})".format(*sys.version_info[:2], sys.version_info[1] + 1))')
sed -e "s/@VERSION@/$version/" -e "s/@ARCHITECTURE@/$architecture/" -e "s/@PYTHON@/$python_range/" \
    -e "s/@SIZE@/$(du -k -s --apparent-size "$tree" | cut -f1)/" \
    deploy/debian/control >"$tree/DEBIAN/control"

mkdir -p dist
dpkg-deb --root-owner-group -Zzstd -z10 --build "$tree" "dist/streamrnn_${version}_$architecture.deb"
