import math

import pytest

from streamrnn.evaluate.parallel import in_parallel


@pytest.mark.parametrize("processes", [1, 2])
def test_results_come_in_the_order_of_the_jobs_and_each_is_announced(processes):
    done = []
    roots = in_parallel(math.sqrt, [9.0, 4.0, 9.0], processes, lambda: done.append(1))
    assert roots == [3.0, 2.0, 3.0]
    assert len(done) == 3


def test_what_goes_wrong_in_one_job_ends_all():
    with pytest.raises(ValueError, match=r"math domain error|expected a nonnegative"):
        in_parallel(math.sqrt, [4.0, -1.0], 1, lambda: None)
