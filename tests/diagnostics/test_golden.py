"""Every diagnostic code has a folder: `in.yaml` and the very text that `r2v check` prints for it.

`R2V_UPDATE_GOLDEN=1` rewrites the texts; read the difference before committing it.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

HERE = Path(__file__).parent
UPDATE = bool(os.environ.get("R2V_UPDATE_GOLDEN"))
CASES = sorted(path.name for path in HERE.iterdir() if (path / "in.yaml").exists())


@pytest.mark.parametrize("case", CASES)
def test_golden(case, tmp_path, monkeypatch, capsys):
    from r2v_pipeline.cli.main import main

    folder = tmp_path / "project"
    shutil.copytree(HERE / case, folder)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("NO_COLOR", "1")
    main(["check", "in.yaml"])
    out = capsys.readouterr().out
    golden = HERE / case / "out.txt"
    if UPDATE:
        golden.write_text(out, encoding="utf-8")
    assert golden.read_text(encoding="utf-8") == out


@pytest.mark.parametrize("case", CASES)
def test_the_folder_shows_its_own_code(case):
    code = case.split("-")[0]
    assert f"[{code}]" in (HERE / case / "out.txt").read_text(encoding="utf-8")
