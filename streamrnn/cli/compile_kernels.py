"""`streamrnn compile-kernels`: what the first start of the daemon would do, done before."""

from __future__ import annotations

from streamrnn.cli.settings import ConfigOption, load_settings


def compile_kernels(config: ConfigOption = None) -> None:
    """Compile what the daemon needs into the kernel cache, so that it starts at once.

    For images and installers. Compiled are the kernels of the [detector] of FILE; the cache is in
    $STREAMRNN_CACHE_DIR, else ~/.cache/streamrnn.

    Example:  streamrnn compile-kernels -c /etc/streamrnn/streamrnn.toml
    """
    detector = load_settings(config).detector
    # Lazy: numba.
    from streamrnn.service import rehearsal

    rehearsal.compile_kernels(detector)
