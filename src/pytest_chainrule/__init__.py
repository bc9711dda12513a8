"""The pytest plugin: a fixture ``assert_gradients`` that any test can ask for.

It stands beside the package and not inside: pytest imports it in every project of the environment, and nothing of
chainrule or NumPy is to be loaded where nobody uses it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["assert_gradients"]


@pytest.fixture(scope="session")
def assert_gradients() -> Callable[..., None]:
    """`chainrule.checking.assert_gradients`: fails with the diagnosis as its message.

    def test_affine(assert_gradients):
        assert_gradients(Affine, like="affine")
    """
    from chainrule.checking.asserting import assert_gradients

    return assert_gradients
