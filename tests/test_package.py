import re
import tomllib
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

import streamrnn

ROOT = Path(__file__).parent.parent


def test_the_exported_names():
    assert streamrnn.__all__ == [
        "ConfigError",
        "Decision",
        "Detector",
        "InputError",
        "Kind",
        "Outcome",
        "StateError",
        "StreamrnnError",
    ]
    for name in streamrnn.__all__:
        assert getattr(streamrnn, name).__name__ == name


def test_a_name_that_is_not_there_is_an_attribute_error():
    assert not hasattr(streamrnn, "Detecter")


def test_the_package_is_typed():
    assert files("streamrnn").joinpath("py.typed").is_file()


def test_there_is_one_version():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert streamrnn.__version__ == project["version"] == version("streamrnn")


def test_the_changelog_knows_the_version():
    assert f"\n## [{streamrnn.__version__}]" in (ROOT / "CHANGELOG.md").read_text()


def test_the_module_map_names_every_part():
    found = re.findall(r"^ {4}(\w+(?:, \w+)*) {2,}\S", streamrnn.__doc__, flags=re.MULTILINE)
    named = {name for names in found for name in names.split(", ")}
    parts = {path.name.removesuffix(".py") for path in Path(streamrnn.__file__).parent.iterdir()}
    assert named == {part for part in parts if not part.startswith("_") and part != "py.typed"}


def test_no_program_code_is_named_after_its_lack_of_a_name():
    names = {path.stem for path in (ROOT / "streamrnn").rglob("*.py")}
    assert not names & {"utils", "util", "helpers", "common", "manager", "core", "misc"}
