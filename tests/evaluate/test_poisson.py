import math

import pytest

from streamrnn.evaluate.poisson import Rate, pooled

# Exact 95 % limits of a Poisson mean (Garwood 1936).
EXACT = {0: (0.0, 3.689), 1: (0.0253, 5.572), 10: (4.795, 18.390), 100: (81.36, 121.63)}


@pytest.mark.parametrize(("observed", "limits"), EXACT.items())
def test_the_interval_is_close_to_the_exact_one(observed, limits):
    lower, upper = Rate(observed, 1.0).interval
    assert lower == pytest.approx(limits[0], rel=0.01, abs=0.02)
    assert upper == pytest.approx(limits[1], rel=0.01)


def test_the_ratio_is_observed_by_expected():
    assert Rate(6, 4.0).ratio == 1.5
    assert str(Rate(6, 4.0)) == "1.5 (0.55 to 3.3)"


def test_nothing_expected_is_no_rate():
    assert math.isnan(Rate(0, 0.0).ratio)
    assert str(Rate(0, 0.0)) == "-"


def test_pooled_counts_add_up():
    assert pooled([Rate(1, 2.0), Rate(3, 0.5)]) == Rate(4, 2.5)
