from __future__ import annotations

from typing import Any

import numpy as np

from streamrnn.kernels.jit import compiled_for, kernel


@kernel
def rows_from(table: Any, first: int) -> Any:
    for i in range(first, table.shape[0]):
        table[i, 0] += 1.0
    return table.shape[0] - first


def test_a_compiled_kernel_does_what_the_kernel_does() -> None:
    table = np.zeros((4, 2))
    compiled = compiled_for(rows_from, table[:0], 0)
    assert not table.any()
    assert compiled(table, 1) == 3
    assert table[:, 0].tolist() == [0.0, 1.0, 1.0, 1.0]
