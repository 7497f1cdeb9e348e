"""Codes and words of the services as kinds of trouble, and what follows from a kind."""

from __future__ import annotations

import pytest

from r2v_pipeline.providers.base import Answer, Failed, Refused, Unknown
from r2v_pipeline.providers.catalog import files, troubles
from r2v_pipeline.providers.catalog.load import providers
from r2v_pipeline.providers.catalog.troubles import help_for, kind_of, known_kind
from r2v_pipeline.providers.http.taxonomy import failed, refused

SERVICES = files.data(files.ERRORS)["services"]


@pytest.mark.parametrize(
    ("code", "message", "kind"),
    [
        ("InvalidApiKey", "Invalid API-key provided.", "auth"),
        ("AccessDenied", "current user api does not support synchronous calls", "auth"),
        ("AccessDenied.Unpurchased", "", "credit"),
        ("Model.AccessDenied", "", "auth"),
        ("AllocationQuota.FreeTierOnly", "", "credit"),
        ("Arrearage", "Access denied, please make sure your account is in good standing.", "credit"),
        ("Throttling", "Requests throttling triggered.", "limit"),
        ("Throttling.RateQuota", "", "limit"),
        ("Throttling.AllocationQuota", "Allocated quota exceeded, please increase your quota limit.", "limit"),
        ("Throttling.AllocationQuota", "Free allocated quota exceeded.", "credit"),
        ("DataInspectionFailed", "Output data may contain inappropriate content.", "moderation"),
        ("IPInfringementSuspect", "", "moderation"),
        ("InvalidParameter.DataInspection", "Unable to download the media resource", "media"),
        ("InvalidParameter", "url error, please check url!", "media"),
        ("InvalidParameter", "The size is not match xxxxxx", "request"),
        ("InvalidImage.FileFormat", "", "media"),
        ("InternalError.Algo", "", "trouble"),
        ("InternalErrors", "", ""),
        ("Nobody.KnowsThis", "", ""),
    ],
)
def test_what_model_studio_says(code: str, message: str, kind: str) -> None:
    assert kind == known_kind("dashscope", code, message)


@pytest.mark.parametrize(
    ("status", "kind"),
    [(401, "auth"), (402, "credit"), (403, "auth"), (429, "limit"), (415, "media"), (422, "request"), (503, "trouble")],
)
def test_an_unknown_code_is_judged_by_the_status(status: int, kind: str) -> None:
    assert kind == kind_of("dashscope", "Nobody.KnowsThis", "", status).id


def test_every_kind_is_there_and_used_as_it_is_named() -> None:
    named = {value for name, value in vars(troubles).items() if name.isupper() and not name.startswith("_")}
    assert named == set(files.data(files.ERRORS)["kinds"])


@pytest.mark.parametrize("service", SERVICES)
def test_no_rule_is_hidden_by_one_before_it(service: str) -> None:
    """The first that fits decides; a rule is reachable when its own code and message give its own kind."""
    for rule in SERVICES[service]["rules"]:
        assert rule["kind"] == known_kind(service, rule["code"].removesuffix(".*"), rule.get("message", "")), rule


@pytest.mark.parametrize("service", providers())
def test_the_help_names_what_users_of_a_service_know(service: str) -> None:
    for id in files.data(files.ERRORS)["kinds"]:
        said = help_for(service, kind_of(service, "", status=401)._replace(id=id))
        assert said
        assert "{" not in said
    assert any(key in help_for(service, kind_of(service, "", status=401)) for key in providers()[service].keys)


def answer(status: int, **headers: str) -> Answer:
    return Answer(status, tuple(headers.items()), "")


@pytest.mark.parametrize(
    ("given", "code", "message", "expected"),
    [
        (answer(200), "", "", None),
        (answer(200), "InvalidApiKey", "no", Refused("InvalidApiKey", "no", account=True)),
        (answer(200), "InvalidParameter", "no", Refused("InvalidParameter", "no")),
        (answer(200), "InternalError", "no", Unknown("it answered 200 with an error (InternalError): no")),
        (answer(200), "New.Code", "no", Unknown("it answered 200 with an error (New.Code): no")),
        (answer(400), "Arrearage", "pay", Refused("Arrearage", "pay", account=True)),
        (answer(400), "DataInspectionFailed", "no", Refused("DataInspectionFailed", "no")),
        (answer(401), "", "", Refused("401", "it answered 401", account=True)),
        (answer(429, **{"retry-after": "7"}), "Throttling", "slow", Refused("Throttling", "slow", True, 7.0)),
        (answer(429), "PrepaidBillOverdue", "pay", Refused("PrepaidBillOverdue", "pay", account=True)),
        (answer(500), "InternalError", "oops", Unknown("oops")),
        (answer(408), "RequestTimeOut", "late", Unknown("late")),
    ],
)
def test_an_answer_to_a_submit(given: Answer, code: str, message: str, expected: object) -> None:
    """Whether a job may exist is for the status to say; why there is none, for the code."""
    assert expected == refused("dashscope", given, code, message)


def test_a_job_that_was_given_up() -> None:
    assert Failed("DataInspectionFailed", "no", billed=False) == failed(
        "dashscope", "DataInspectionFailed", "no", billed=False
    )
    assert Failed("InternalError", "no", again=True) == failed("dashscope", "InternalError", "no")
    assert Failed("failed", "it said no more") == failed("dashscope", "", "")
