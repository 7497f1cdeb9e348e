"""Vercel Blob as its client speaks to it."""

from __future__ import annotations

import pytest


def test_a_file_is_put_read_and_known(client) -> None:
    told = client.blob("r2v/abc/mia.png", b"picture").json()
    assert {"url", "downloadUrl", "pathname", "contentType", "contentDisposition", "etag"} == set(told)
    assert ("r2v/abc/mia.png", "image/png") == (told["pathname"], told["contentType"])
    read = client.http.get(told["url"])
    assert (200, b"picture", "image/png") == (read.status_code, read.content, read.headers["content-type"])
    assert b"ict" == client.http.get(told["url"], headers={"range": "bytes=1-3"}).content
    assert (200, b"") == ((head := client.http.head(told["url"])).status_code, head.content)
    known = client.http.get(client.about["blob"], params={"url": told["url"]}, headers=client.auth()).json()
    assert 7 == known["size"]


def test_a_path_is_written_once_unless_that_is_said(client) -> None:
    assert 200 == client.blob("once.png").status_code
    again = client.blob("once.png")
    assert (400, "bad_request") == (again.status_code, again.json()["error"]["code"])
    assert 200 == client.blob("once.png", b"new", x_allow_overwrite="1").status_code
    suffixed = client.blob("once.png", x_add_random_suffix="1").json()["pathname"]
    assert suffixed != "once.png"
    assert suffixed.startswith("once-")
    assert suffixed.endswith(".png")
    tag = client.blob("tagged.png").json()["etag"]
    assert 412 == client.blob("tagged.png", b"x", x_if_match='"other"').status_code
    assert 200 == client.blob("tagged.png", b"x", x_if_match=tag).status_code


@pytest.mark.parametrize("token", ["", "vercel_blob_rw_Ab12Cd34Ef56_0123456789abcdef", "vck_x", "sk-x"])
def test_a_token_that_is_none_of_its_own_is_refused(client, token: str) -> None:
    told = client.blob("a.png", authorization=f"Bearer {token}" if token else "")
    assert (403, "forbidden") == (told.status_code, told.json()["error"]["code"])


def test_its_bare_key_will_do(client) -> None:
    assert 200 == client.blob("bare.png", authorization=f"Bearer {client.key}").status_code


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("", {}), ("/a.png", {}), ("a//b.png", {}), ("a" * 951, {}), ("a.png", {"x_api_version": ""}),
        ("a.png", {"x_api_version": "99"}), ("a.png", {"x_vercel_blob_access": ""}),
        ("a.png", {"x_vercel_blob_access": "private"}), ("a.png", {"x_allow_overwrite": "yes"}),
        ("a.png", {"x_cache_control_max_age": "59"}),
    ],
)  # fmt: skip
def test_what_is_refused(client, path: str, headers: dict[str, str]) -> None:
    told = client.blob(path, **headers)
    assert (400, "bad_request") == (told.status_code, told.json()["error"]["code"])


def test_another_store_is_not_known(client) -> None:
    told = client.blob("a.png", x_vercel_blob_store_id="store_other")
    assert (404, "store_not_found") == (told.status_code, told.json()["error"]["code"])
    assert 200 == client.blob("mine.png", x_vercel_blob_store_id="store_sbx").status_code


def test_nothing_is_no_file(client) -> None:
    assert 400 == client.blob("empty.png", b"").status_code


def test_a_deleted_file_is_gone(client) -> None:
    url = client.blob("gone.png").json()["url"]
    client.http.post(client.about["blob"] + "/delete", json={"urls": [url]}, headers=client.auth())
    assert 404 == client.http.get(url).status_code
    known = client.http.get(client.about["blob"], params={"url": url}, headers=client.auth())
    assert (404, "not_found") == (known.status_code, known.json()["error"]["code"])


def test_an_odd_name_is_found_again(client) -> None:
    url = client.blob("r2v/Mia & Tom's – 猫.png").json()["url"]
    assert url.isascii()
    assert 200 == client.http.get(url).status_code
