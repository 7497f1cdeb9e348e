"""The trials of tests/torture, one at a time: each test does to a build what its rows say."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "torture"))
sys.path.insert(0, str(Path(__file__).parent.parent / "execute"))
sys.path.insert(0, str(Path(__file__).parent))

from ordeal import AS_DELIVERED, MODES, QUICK, Trial

from r2v_pipeline.providers.fake.server import Running, serving
from r2v_pipeline.providers.fake.vendor import Settings

MakeTrial = Callable[..., Trial]


@pytest.fixture(scope="package")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One vendor for all."""
    with serving(tmp_path_factory.mktemp("vendor"), Settings(render_s=0)) as made:
        yield made


@pytest.fixture
def vendor(shop: Running) -> Iterator[Running]:
    """It behaves unless the test orders otherwise."""
    shop.server.vendor.requests.clear()
    yield shop
    shop.behave()


@pytest.fixture(scope="package")
def whole(tmp_path_factory: pytest.TempPathFactory, shop: Running) -> Trial:
    """A project whose film was built; to be copied, never to be used."""
    import r2v_pipeline

    environment = {**os.environ, "PYTHONPATH": str(Path(r2v_pipeline.__file__).parent.parent)}
    made = Trial(tmp_path_factory.mktemp("whole") / "project", shop, environment, MODES[0])
    done = made.build()
    assert 0 == done.rc, done.said
    return made


@pytest.fixture
def bought(tmp_path: Path, vendor: Running, environment: dict[str, str], whole: Trial) -> Callable[[], Trial]:
    """A copy of a finished project, with the same account."""

    def make() -> Trial:
        folder = tmp_path / "bought"
        made = Trial(folder, vendor, environment, MODES[0], key=whole.key)
        shutil.rmtree(folder)
        shutil.copytree(whole.folder, folder, symlinks=True)
        return made

    return make


@pytest.fixture
def trial(tmp_path: Path, vendor: Running, environment: dict[str, str]) -> MakeTrial:
    """A project of three bought shots: `trial("opaque")`."""

    def make(mode: str = MODES[0], name: str = "", size: str = AS_DELIVERED, options: str = QUICK) -> Trial:
        return Trial(tmp_path / (name or mode), vendor, environment, mode, size, options)

    return make
