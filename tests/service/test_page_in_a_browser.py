"""The page as a browser shows it: chromium, where it is installed."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import numpy as np
import pytest

from streamrnn.service.fleet import FleetSnapshot
from tests.chromium import Chromium
from tests.service.fleet_snapshots import NOW, bank_status, fleet, opened, plant
from tests.service.http_serving import serving

ROWS = "document.querySelectorAll('#streams > tr:not(.details)').length"


def many() -> FleetSnapshot:
    """500 streams with long names, two broken, some warming up."""
    names = [f"a-rather-long-building/floor-{i // 50}/machine-{i:03}/flow" for i in range(500)]
    left = [60 if i % 10 == 0 else 0 for i in range(500)]
    return fleet(
        names,
        status=bank_status(500, warm_up_left=left),
        anomaly_active=np.array([i in (7, 8) for i in range(500)]),
        open_events=(opened(names[7]), opened(names[8])),
        connected=True,
    )


@pytest.fixture(scope="module")
def chromium() -> Iterator[Chromium]:
    with Chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def a_plant() -> Iterator[httpx.Client]:
    with serving(plant) as client:
        yield client


@pytest.fixture(scope="module")
def a_large_one() -> Iterator[httpx.Client]:
    with serving(many) as client:
        yield client


def opened_page(browser: Chromium, client: httpx.Client, rows: int) -> Chromium:
    browser.show(1280, 900)
    browser.open(str(client.base_url))
    browser.until(ROWS, lambda found: found == rows)
    return browser


def text(browser: Chromium, selector: str) -> str:
    return str(browser.evaluate(f"document.querySelector({selector!r}).innerText"))


def test_it_loads_nothing_from_elsewhere_and_its_own_rules_forbid_it_nothing(
    chromium: Chromium, a_plant: httpx.Client
) -> None:
    page = opened_page(chromium, a_plant, 4)
    assert page.asked_for
    assert all(url.startswith((str(a_plant.base_url), "about:")) for url in page.asked_for)
    assert page.complaints == []


def test_the_states_are_counted_at_a_glance(chromium: Chromium, a_plant: httpx.Client) -> None:
    page = opened_page(chromium, a_plant, 4)
    counts = [text(page, f"#count-{state}") for state in ("all", "anomaly", "warming", "normal")]
    assert counts == ["4", "1", "2", "1"]


def test_an_anomaly_is_told_in_its_sentence_and_stands_first(
    chromium: Chromium, a_plant: httpx.Client
) -> None:
    page = opened_page(chromium, a_plant, 4)
    assert opened("freezer/temperature").message in text(page, "#anomalies li")
    first = text(page, "#streams > tr")
    assert "freezer/temperature" in first
    assert "-9.1 °C" in first
    assert "1.70" in first


def test_warm_up_shows_how_far_it_is_and_how_long_it_takes(
    chromium: Chromium, a_plant: httpx.Client
) -> None:
    page = opened_page(chromium, a_plant, 4)
    row = page.evaluate(
        "[...document.querySelectorAll('#streams > tr')]"
        ".find((line) => line.innerText.includes('pump/current')).innerText"
    )
    assert "warming up" in row
    assert "25 %, 2 min left" in row


def test_a_snoozed_stream_says_until_when_it_is_quiet(
    chromium: Chromium, a_plant: httpx.Client
) -> None:
    page = opened_page(chromium, a_plant, 4)
    until = page.evaluate(f"new Date({1000 * (NOW + 3600)}).toLocaleString()")
    assert f"quiet until {until}" in text(page, "#streams")


def test_what_a_sensor_is_called_stands_below_its_name(
    chromium: Chromium, a_plant: httpx.Client
) -> None:
    page = opened_page(chromium, a_plant, 4)
    assert text(page, "#streams .about:not(:empty)") == "front door, Opening"


def test_what_was_left_out_is_told_with_what_it_means(
    chromium: Chromium, a_plant: httpx.Client
) -> None:
    page = opened_page(chromium, a_plant, 4)
    assert text(page, "#dropped-title") == "7 left out as it should be"
    page.evaluate("document.querySelector('#dropped').open = true")
    assert "stored by the broker, of unknown age" in text(page, "#dropped")


def test_a_name_opens_the_details_and_a_state_shows_only_its_streams(
    chromium: Chromium, a_plant: httpx.Client
) -> None:
    page = opened_page(chromium, a_plant, 4)
    page.evaluate("document.querySelector('#streams .toggle').click()")
    details = text(page, "#streams .details")
    assert "-18.4 (-19 to -17.7)" in details
    assert "38 % smaller" in details
    page.evaluate("document.querySelector('#show-warming').click()")
    page.until(ROWS, lambda found: found == 2)
    assert page.evaluate("document.querySelector('#show-warming').ariaPressed") == "true"


def test_of_a_large_fleet_the_anomalies_come_first_and_a_filter_finds_the_rest(
    chromium: Chromium, a_large_one: httpx.Client
) -> None:
    page = opened_page(chromium, a_large_one, 100)
    assert text(page, "#count-anomaly") == "2"
    assert "machine-007" in text(page, "#streams > tr")
    page.evaluate(
        "document.querySelector('#filter').value = 'machine-49';"
        "document.querySelector('#filter').dispatchEvent(new Event('input'))"
    )
    page.until(ROWS, lambda found: found == 10)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [340, 700, 1000, 1600])
def test_nothing_is_wider_than_the_window(
    chromium: Chromium, a_large_one: httpx.Client, width: int, scheme: str
) -> None:
    page = opened_page(chromium, a_large_one, 100)
    page.show(width, 800, scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (ground == "rgb(245, 246, 248)") is (scheme == "light")


def test_text_of_sensors_is_never_markup(chromium: Chromium) -> None:
    name = "<img src=x onerror=alert(1)>/<b>t</b>"
    snapshot = fleet([name], open_events=(opened(name),))
    with serving(lambda: snapshot) as client:
        page = opened_page(chromium, client, 1)
        assert name in text(page, "#streams")
        assert page.evaluate("document.querySelectorAll('#streams b, #streams img').length") == 0


def test_a_gateway_that_is_gone_is_said_to_be(chromium: Chromium) -> None:
    with serving(lambda: fleet(["a"], time=NOW)) as client:
        page = opened_page(chromium, client, 1)
    page.until("document.querySelector('#problems').hidden === false")
    assert "does not answer" in text(page, "#problems")
