"""A fresh sandbox with the demo world for every test."""

import pytest

from tests.sandbox.playing import Play, demo


@pytest.fixture
def play() -> Play:
    """Give a sandbox nobody has touched."""
    return Play(demo())
