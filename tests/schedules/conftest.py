"""The sensors' tests have what ticks need."""

from tests.sensors.conftest import connect, definitions, instance, tick

__all__ = ["connect", "definitions", "instance", "tick"]
