"""Where a service is asked and as whom: whose word counts, and that no key goes where it does not belong."""

from __future__ import annotations

import pytest

from r2v_pipeline.errors import EnvironmentTrouble
from r2v_pipeline.providers.catalog.load import providers
from r2v_pipeline.providers.client import Terms
from r2v_pipeline.providers.http.place import Where, place, region_at

KEY = {"DASHSCOPE_API_KEY": "sk-1234567890"}
SANDBOX = {"dashscope": "http://127.0.0.1:9/api/v1", "blob": "http://127.0.0.1:9/api/blob", "key": "sbx_1234567890"}


@pytest.mark.parametrize(
    ("region", "base"),
    [
        ("", "https://dashscope-intl.aliyuncs.com/api/v1"),
        ("singapore", "https://dashscope-intl.aliyuncs.com/api/v1"),
        ("cn-beijing", "https://dashscope.aliyuncs.com/api/v1"),
        ("virginia", "https://dashscope-us.aliyuncs.com/api/v1"),
    ],
)
def test_the_catalog_says_where(region: str, base: str) -> None:
    made = place("dashscope", region, Where(KEY))
    assert (base, "DASHSCOPE_API_KEY") == (made.base.url, made.key.variable)


@pytest.mark.parametrize(
    ("environ", "addresses", "host"),
    [
        (
            {"DASHSCOPE_HTTP_BASE_URL": "https://ws-1.ap-southeast-1.maas.aliyuncs.com/api/v1"},
            {},
            "ws-1.ap-southeast-1.",
        ),
        ({"DASHSCOPE_BASE_URL": "https://proxy.example/api/v1/"}, {}, "proxy.example"),
        ({}, {"dashscope": "https://config.example/api/v1"}, "config.example"),
        ({}, {"dashscope.ap-southeast-1": "https://own.example/", "dashscope": "https://x.example"}, "own.example"),
        ({"DASHSCOPE_BASE_URL": "https://proxy.example"}, {"dashscope": "https://config.example"}, "proxy.example"),
        (
            {
                "DASHSCOPE_HTTP_BASE_URL": "https://dashscope.aliyuncs.com/api/v1",
                "DASHSCOPE_HTTP_BASE_URL_AP_SOUTHEAST_1": "https://dashscope-intl.aliyuncs.com/api/v1",
            },
            {},
            "dashscope-intl.aliyuncs.com",
        ),
    ],
)
def test_the_environment_counts_before_the_config_before_the_catalog(
    environ: dict[str, str], addresses: dict[str, str], host: str
) -> None:
    assert place("dashscope", "", Where({**KEY, **environ}, addresses)).base.host.startswith(host)


def test_a_region_may_have_a_key_of_its_own() -> None:
    environ = {**KEY, "DASHSCOPE_API_KEY_CN_BEIJING": "sk-0987654321"}
    assert "DASHSCOPE_API_KEY_CN_BEIJING" == place("dashscope", "beijing", Where(environ)).key.variable
    assert "DASHSCOPE_API_KEY" == place("dashscope", "", Where(environ)).key.variable


def test_regions_are_accounts_of_their_own() -> None:
    """The service knows a task only in its region: it must not be looked for in another one with the same key."""
    accounts = {place("dashscope", region, Where(KEY)).account for region in ("", "singapore", "beijing", "virginia")}
    assert 3 == len(accounts)
    assert not any("sk-" in account for account in accounts)


@pytest.mark.parametrize(
    ("region", "environ", "message"),
    [
        ("", {}, "there is no key: DASHSCOPE_API_KEY is not set"),
        ("", {"DASHSCOPE_API_KEY": "sk-1234 567890"}, "what is in DASHSCOPE_API_KEY cannot be a key"),
        ("", {"DASHSCOPE_API_KEY": "sbx_1234567890"}, "DASHSCOPE_API_KEY holds a sandbox key"),
        ("mars", KEY, "has no region 'mars'"),
        ("frankfurt", KEY, "DASHSCOPE_WORKSPACE_ID is not set"),
        ("frankfurt", {**KEY, "DASHSCOPE_WORKSPACE": "evil.example/"}, "DASHSCOPE_WORKSPACE cannot be one"),
        ("", {**KEY, "DASHSCOPE_BASE_URL": "https://dashscope.aliyuncs.com/api/v1"}, "leads to cn-beijing"),
        ("", {**KEY, "DASHSCOPE_BASE_URL": "http://proxy.example"}, "would send the key unencrypted"),
        ("", {**KEY, "DASHSCOPE_BASE_URL": "http://127.0.0.1:80/api/v1"}, "where only a sandbox can be"),
        ("", {"DASHSCOPE_API_KEY": "sbx_1234567890", "DASHSCOPE_BASE_URL": "http://[::1]:80"}, "only a sandbox can be"),
    ],
)
def test_nothing_is_sent_there(region: str, environ: dict[str, str], message: str) -> None:
    with pytest.raises(EnvironmentTrouble) as raised:
        place("dashscope", region, Where(environ)).channel()
    assert message in raised.value.message
    assert not any(value in raised.value.message + raised.value.help for value in environ.values() if "sk-" in value)


def test_the_workspace_is_part_of_the_address() -> None:
    made = place("dashscope", "frankfurt", Where({**KEY, "DASHSCOPE_WORKSPACE_ID": "llm-abc"}))
    assert "https://llm-abc.eu-central-1.maas.aliyuncs.com/api/v1" == made.base.url


def test_a_sandbox_gets_its_own_key_and_no_other() -> None:
    """Whatever the environment holds."""
    environ = {**KEY, "DASHSCOPE_BASE_URL": "https://dashscope.aliyuncs.com", "DASHSCOPE_WORKSPACE_ID": "llm-abc"}
    made = place("dashscope", "", Where(environ, sandbox=SANDBOX))
    assert ("http://127.0.0.1:9/api/v1", "sbx_1234567890") == (made.base.url, made.key.reveal())
    assert "" == made.variable(["DASHSCOPE_WORKSPACE_ID"])
    base, key = made.beside("blob", ["BLOB_READ_WRITE_TOKEN"], "https://blob.example")
    assert ("http://127.0.0.1:9/api/blob", "sbx_1234567890") == (base.url, key.reveal())


def test_other_regions_of_a_sandbox_are_below_their_id() -> None:
    assert "http://127.0.0.1:9/cn-beijing/api/v1" == place("dashscope", "beijing", Where(sandbox=SANDBOX)).base.url


def test_a_sandbox_is_on_this_machine() -> None:
    with pytest.raises(EnvironmentTrouble, match="the sandbox is not on this machine"):
        place("dashscope", "", Where(sandbox={**SANDBOX, "dashscope": "https://sandbox.example"}))


def test_the_catalog_says_how_often() -> None:
    made = place("dashscope", "", Where(KEY))
    assert made.terms() == Terms(
        "findable", made.account, 0, settle_s=240, submits_a_minute=300, running=5, polls_a_second=20,
        poll_every_s=15, usual_s=300, upload_life_s=46 * 3600,
    )  # fmt: skip


def test_a_sandbox_need_not_be_spared() -> None:
    terms = place("dashscope", "", Where(sandbox=SANDBOX)).terms()
    assert (0, 0, 5) == (terms.submits_a_minute, terms.polls_a_second, terms.running)
    assert (0.15, 2.4) == (terms.poll_every_s, terms.settle_s)


def test_a_second_service_has_its_own_address_and_key() -> None:
    made = place("dashscope", "", Where({**KEY, "BLOB_TOKEN": "vercel_blob_rw_1"}))
    base, key = made.beside("blob", ["BLOB_TOKEN"], "https://blob.example/store")
    assert ("https://blob.example/store", "BLOB_TOKEN") == (base.url, key.variable)
    with pytest.raises(EnvironmentTrouble, match="NO_TOKEN is not set"):
        made.beside("blob", ["NO_TOKEN"], "https://blob.example/store")


@pytest.mark.parametrize(
    ("host", "region"),
    [
        ("dashscope-intl.aliyuncs.com", "ap-southeast-1"),
        ("DASHSCOPE.aliyuncs.com", "cn-beijing"),
        ("llm-1.us-east-1.maas.aliyuncs.com", "us-east-1"),
        ("llm-1.ap-northeast-1.maas.aliyuncs.com", "ap-northeast-1"),
        ("a.b.us-east-1.maas.aliyuncs.com", None),
        ("dashscope.aliyuncs.com.evil.example", None),
        ("evil.example", None),
    ],
)
def test_whose_host_it_is(host: str, region: str | None) -> None:
    found = region_at(providers()["dashscope"], host)
    assert region == (found.id if found else None)
