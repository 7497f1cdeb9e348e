"""DashScope's temporary storage: a certificate from the API, then a form to OSS, and an `oss://` address.

As the vendor's page on temporary files has it, and OSS's own errors, which are XML.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import uuid
from collections.abc import Callable
from xml.sax.saxutils import escape

from r2v_pipeline.providers.catalog.types import Region
from r2v_pipeline.sandbox.clock import iso
from r2v_pipeline.sandbox.dashscope_errors import RATE, refused
from r2v_pipeline.sandbox.files import Stored
from r2v_pipeline.sandbox.form import Part, parts_of
from r2v_pipeline.sandbox.routes import Call, House
from r2v_pipeline.sandbox.wanted import entry_of
from r2v_pipeline.sandbox.wire import Reply, told

_LIFE_S = 300
_MOST_MB = 100
_KEY_ID = "LTAIsandbox"
_SECRET = b"the sandbox's own storage has no other secret"
_BUCKET = "dashscope-file"
_FIELDS = ("OSSAccessKeyId", "Signature", "policy", "key", "x-oss-object-acl", "x-oss-forbid-overwrite")
_ALSO = ("success_action_status", "x-oss-content-type")


class Uploads:
    """Certificates and forms.  An upload belongs to its account, its region and the model that it was asked for."""

    def __init__(self, house: House, region: Callable[[Call], Region | None]) -> None:
        self._house, self._region = house, region

    def policy(self, call: Call) -> Reply:
        """A certificate for uploads, good for five minutes."""
        asked = call.request.query
        region = self._region(call)
        if asked.get("action") != "getPolicy" or not asked.get("model"):
            return refused(400, "InvalidParameter", "Required parameter(s) missing or invalid.")
        if region is None or not region.uploads or entry_of("dashscope", asked["model"]) is None:
            return refused(400, "InvalidParameter", "Model not exist.")
        if self._house.rates.over(f"dashscope policy {call.account} {asked['model']}", 100, 1):
            return refused(429, "Throttling.RateQuota", RATE)
        where = hashlib.sha256(f"{call.account} {region.id} {asked['model']}".encode()).hexdigest()[:32]
        day = iso(self._house.clock.now())[:10]
        folder = f"dashscope-instant/{where}/{day}/{uuid.uuid4()}"
        until = self._house.clock.now() + _LIFE_S
        terms = {
            "expiration": iso(until),
            "until": until,
            "conditions": [["starts-with", "$key", folder]],
            "folder": folder,
            "bound": [call.account, region.id, asked["model"]],
        }
        policy = base64.b64encode(json.dumps(terms).encode()).decode()
        data = {
            "policy": policy, "signature": _signature(policy), "upload_dir": folder,
            "upload_host": f"{call.base}/oss/{_BUCKET}", "expire_in_seconds": _LIFE_S, "max_file_size_mb": _MOST_MB,
            "capacity_limit_mb": 999_999_999, "oss_access_key_id": _KEY_ID, "x_oss_object_acl": "private",
            "x_oss_forbid_overwrite": "true",
        }  # fmt: skip
        return told({"request_id": str(uuid.uuid4()), "data": data})

    def post(self, call: Call) -> Reply:
        """A form with a file, which comes last; no key of the API may be sent along."""
        if "authorization" in call.request.headers:
            return _xml(400, "InvalidArgument", "Only one auth mechanism allowed.")
        form = parts_of(call.request)
        if form is None or list(form)[-1] != "file":
            return _xml(400, "MalformedPOSTRequest", "The body of your POST request is not well-formed multipart.")
        fields = {name: part.body.decode("utf-8", "replace") for name, part in form.items() if name != "file"}
        if missing := [name for name in _FIELDS if name not in fields]:
            return _xml(403, "AccessDenied", f"Invalid according to Policy: {missing[0]} is missing.")
        if unknown := [name for name in fields if name not in (*_FIELDS, *_ALSO)]:
            return _xml(403, "AccessDenied", f"Invalid according to Policy: {unknown[0]} is not allowed.")
        return self._keep(fields, form["file"])

    def _keep(self, fields: dict[str, str], file: Part) -> Reply:
        policy = fields["policy"]
        known = hmac.compare_digest(fields["Signature"], _signature(policy)) and fields["OSSAccessKeyId"] == _KEY_ID
        if not known:
            return _xml(
                403, "SignatureDoesNotMatch", "The request signature does not match the signature you provided."
            )
        terms = json.loads(base64.b64decode(policy))
        if self._house.clock.now() > terms["until"]:
            return _xml(403, "AccessDenied", "Invalid according to Policy: Policy expired.")
        key = fields["key"]
        if not key.startswith(terms["folder"] + "/"):
            return _xml(403, "AccessDenied", "Invalid according to Policy: Policy Condition failed: starts-with $key.")
        if f"oss://{key}" in self._house.files.known:
            return _xml(409, "FileAlreadyExists", "The object you specified already exists and can not be overwritten.")
        if len(file.body) > _MOST_MB << 20:
            return _xml(400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size.")
        account, region, model = terms["bound"]
        made = Stored(
            f"oss://{key}", "dashscope", account, file.name, file.kind, "", 0, self._house.clock.now(), model, region
        )
        self._house.files.put(file.body, made)
        return Reply(200 if fields.get("success_action_status") == "200" else 204)


def _signature(policy: str) -> str:
    return base64.b64encode(hmac.new(_SECRET, policy.encode(), hashlib.sha1).digest()).decode()


def _xml(status: int, code: str, message: str) -> Reply:
    body = f"<Error><Code>{code}</Code><Message>{escape(message)}</Message></Error>"
    return Reply(
        status, f'<?xml version="1.0" encoding="UTF-8"?>\n{body}'.encode(), (("content-type", "application/xml"),)
    )
