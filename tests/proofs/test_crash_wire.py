"""The same over HTTP: the production's channel, a vendor that listens on this machine, and a crash at each fault point.

What was not safe is kept, lost or cut short.
"""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from crash_disk import KEPT, LOST, SHORT
from crash_scene import CLASSES, SECRET, Scene, hurried
from crash_search import Search, quick_folder, some
from crash_world import Place

from r2v_pipeline.execute.fault import POINTS
from r2v_pipeline.providers.fake.server import serving
from r2v_pipeline.providers.fake.vendor import Settings, Vendor
from r2v_pipeline.providers.http.channel import Channel
from r2v_pipeline.providers.http.exchange import Patience
from r2v_pipeline.providers.http.hosts import base_of
from r2v_pipeline.providers.http.secrets import Key

MOST = 0 if os.environ.get("R2V_TORTURE") else 30
PATIENCE = Patience(submit_s=5, ask_s=5, pauses_s=(0.01,), window_s=5, bytes_a_second=1000)


class Online(Place):
    """A place whose vendor is a server."""

    def __init__(self, folder: Path, scene: Scene, stack: ExitStack) -> None:
        self._stack = stack
        super().__init__(folder, scene, 2)

    def open_vendor(self, folder: Path, settings: Settings) -> Vendor:
        running = self._stack.enter_context(serving(folder, settings))
        self.address = running.url
        vendor = running.server.vendor
        vendor._clock = lambda: self.now
        return vendor

    def channel(self) -> Any:
        return Channel("the fake vendor", base_of(self.address, "URL"), Key("KEY", SECRET), PATIENCE)


@pytest.mark.torture
@pytest.mark.parametrize("way", CLASSES)
def test_a_crash_at_a_fault_point(way: str) -> None:
    with ExitStack() as stack:
        stack.enter_context(hurried())
        folder = stack.enter_context(quick_folder())
        search = Search(Online(folder, Scene(way), stack), folder, POINTS, (KEPT, LOST, SHORT))
        first = search.place.begin()
        search.judge(first)
        worlds = search.crashes(first)
        for world in some(worlds, MOST):
            search.judge(world)
    assert [] == search.wrong
    passed = {world.trail[-1].rpartition(" (")[0] for world in worlds}
    assert passed >= {"intent.durable", "answer.read", "answer.durable", "ready.durable", "stored.durable"}
    assert search.counts["moments"] >= 2 * 13
    assert search.counts["schedules"] == 3 * search.counts["moments"]
