"""What answers and addresses are taken for."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from r2v_pipeline.errors import EnvironmentTrouble
from r2v_pipeline.providers.client import Answer, Refused, Unknown
from r2v_pipeline.providers.http.hosts import Base, base_of, is_loopback, reachable, refusal
from r2v_pipeline.providers.http.reading import epoch, kept, parsed, retry_after, safe_id, verdict

DATE = "Wed, 21 Oct 2026 07:28:00 GMT"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5", 5.0),
        ("0.5", 0.5),
        ("-1", 0.0),
        ("1e9", 300.0),
        ("inf", 300.0),
        ("nan", None),
        ("soon", None),
        ("", None),
        ("Wed, 21 Oct 2026 07:28:30 GMT", 30.0),
        ("Wed, 21 Oct 2026 07:20:00 GMT", 0.0),
        ("Thu, 22 Oct 2026 07:28:00 GMT", 300.0),
        ("2026-10-21T07:28:30Z", None),
        ("9" * 5000, 300.0),
    ],
)
def test_how_long_to_wait(text: str, expected: float | None) -> None:
    assert expected == retry_after({"retry-after": text, "date": DATE})


def test_a_time_of_day_needs_the_providers_clock() -> None:
    """This machine's may be wrong by hours."""
    assert None is retry_after({"retry-after": DATE})
    assert 1792567680.0 == epoch(DATE)
    assert None is epoch("yesterday")


def test_only_harmless_headers_are_kept() -> None:
    given = [
        ("Set-Cookie", "a"),
        ("X-Request-Id", "r1"),
        ("DATE", DATE),
        ("Authorization", "b"),
        ("Retry-After", "9" * 999),
    ]
    assert (("date", DATE), ("retry-after", "9" * 200), ("x-request-id", "r1")) == kept(given)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "nil",
        '{"a":NaN}',
        '{"a":-Infinity}',
        '{"a":1e999}',
        '{"a":1,"a":2}',
        '{"a":{"b":1,"b":1}}',
        '{"a":"\\ud800"}',
        "[" * 100_000 + "]" * 100_000,
        '{"a":' + "[" * 70 + "]" * 70 + "}",
        '"' + "x" * (4 << 20) + '"',
        "9" * 5000,
        "{} {}",
    ],
)
def test_json_that_no_honest_service_sends(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parsed(text)


@pytest.mark.parametrize("value", [{"a": [1, 2.5, None, True, "ü\u2028😀"]}, [], "x", 7, None, {"a": [[[[[[]]]]]]}])
def test_other_json_is_read(value: object) -> None:
    assert value == parsed(json.dumps(value))


@given(st.text())
def test_no_text_does_anything_else_than_be_read_or_refused(text: str) -> None:
    try:
        parsed(text)
    except ValueError:
        return


@pytest.mark.parametrize("value", ["job-1", "a.b:c_d-9", "x" * 200, "0"])
def test_ids_that_may_stand_in_an_address(value: str) -> None:
    assert value == safe_id(value)


@pytest.mark.parametrize(
    "value", ["", ".", "..", "...", "a/b", "../x", "a\nb", "a b", "x" * 201, "ü", "a?b", "a#b", 7, None, [], True]
)
def test_ids_that_may_not(value: object) -> None:
    assert "" == safe_id(value)


def test_every_status_is_told_apart() -> None:
    """Accepted is for the vendor's fields to say; "refused" is a short list; the rest is in doubt."""
    refused = {*range(300, 309), 400, 401, 402, 403, 404, 405, 413, 415, 422, 429}
    judged = {status: verdict(Answer(status, (), ""), code="C", message="said") for status in range(100, 600)}
    assert set(range(200, 300)) == {status for status, said in judged.items() if said is None}
    assert refused == {status for status, said in judged.items() if isinstance(said, Refused)}
    assert {Unknown("said")} == {judged[status] for status in set(judged) - refused - set(range(200, 300))}
    assert {429} == {status for status in refused if judged[status].again}
    assert {401, 402, 403} == {status for status in refused if judged[status].account}
    assert {("C", "said")} == {judged[status][:2] for status in refused}


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://api.vendor.example/v1/", Base("https://api.vendor.example/v1", "api.vendor.example", False)),
        ("http://127.0.0.1:80", Base("http://127.0.0.1:80", "127.0.0.1", True)),
        ("http://LOCALHOST:80/x", Base("http://LOCALHOST:80/x", "localhost", True)),
        ("http://[::1]:80", Base("http://[::1]:80", "::1", True)),
    ],
)
def test_where_a_provider_may_be(url: str, expected: Base) -> None:
    assert expected == base_of(url, "X_URL")


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("", "is not the address of a service"),
        ("api.vendor.example", "is not the address of a service"),
        ("ftp://api.vendor.example", "is not the address of a service"),
        ("https://", "is not the address of a service"),
        ("https://a:b@api.vendor.example", "holds more than an address"),
        ("https://api.vendor.example/?key=1", "holds more than an address"),
        ("https://api.vendor.example/#x", "holds more than an address"),
        ("https://api.vendor.example:x", "is not the address of a service"),
        ("https://api.vendor.example/a b", "is not the address of a service"),
        ("http://api.vendor.example", "would send the key unencrypted"),
        ("http://localhost.vendor.example", "would send the key unencrypted"),
        ("http://127.0.0.1.vendor.example", "would send the key unencrypted"),
        ("http://192.168.1.1", "would send the key unencrypted"),
    ],
)
def test_where_it_may_not(url: str, said: str) -> None:
    with pytest.raises(EnvironmentTrouble, match=f"X_URL {said}"):
        base_of(url, "X_URL")


@pytest.mark.parametrize(
    ("address", "public", "here"),
    [
        ("93.184.216.34", True, False),
        ("2606:2800:220:1::1", True, False),
        ("127.0.0.1", False, True),
        ("127.9.9.9", False, True),
        ("::1", False, True),
        ("::ffff:127.0.0.1", False, True),
        ("0.0.0.0", False, False),
        ("10.0.0.1", False, False),
        ("172.16.0.1", False, False),
        ("192.168.0.1", False, False),
        ("169.254.169.254", False, False),
        ("100.64.0.1", False, False),
        ("224.0.0.1", False, False),
        ("255.255.255.255", False, False),
        ("fd00::1", False, False),
        ("fe80::1%eth0", False, False),
        ("ff02::1", False, False),
        ("::ffff:10.0.0.1", False, False),
        ("2002:0a00:0001::", False, False),
        ("not an address", False, False),
    ],
)
def test_where_results_may_lie(address: str, public: bool, here: bool) -> None:
    assert (public, here) == (reachable(address, local=False), reachable(address, local=True))


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://cdn.vendor.example/a.mp4?sig=1", ""),
        ("http://cdn.vendor.example/a.mp4", ""),
        ("https://93.184.216.34/a.mp4", ""),
        ("HTTPS://cdn.vendor.example/a.mp4", ""),
        ("file:///a.mp4", "not an http address"),
        ("data:video/mp4;base64,AA", "not an http address"),
        ("/a.mp4", "not an http address"),
        ("https://a\r\nb/", "not an http address"),
        ("https://u@cdn.vendor.example/", "an address with a user name in it"),
        ("https://10.0.0.1/", "an address inside a private network"),
        ("https://[::1]/", "an address inside a private network"),
        ("https://127.0.0.1/", "an address inside a private network"),
    ],
)
def test_which_addresses_are_followed(url: str, expected: str) -> None:
    assert expected == refusal(url, local=False)


@pytest.mark.parametrize("host", ["localhost", "LocalHost", "localhost.", "127.0.0.1", "::1", "[::1]", "127.1.2.3"])
def test_this_machine(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["", "localhost.example", "127.0.0.1.example", "0.0.0.0", "2130706433", "example"])
def test_not_certainly_this_machine(host: str) -> None:
    assert not is_loopback(host)
