"""Assets whose values live in the lake of a test."""

import pytest

from nooks_dagster.lake.store import Lake
from tests.resources.stage import Stage


@pytest.fixture
def stage(lake: Lake) -> Stage:
    return Stage(lake)
