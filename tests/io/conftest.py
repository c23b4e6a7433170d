"""Flushing takes most of the time of these tests, and matters only when the power is cut."""

import os

import pytest


@pytest.fixture(autouse=True)
def quick_disk(monkeypatch):
    """`os.fsync` does nothing; a faulty disk still sees that it was asked for."""
    monkeypatch.setattr(os, "fsync", lambda handle: None)
