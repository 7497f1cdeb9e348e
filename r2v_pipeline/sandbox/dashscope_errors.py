"""How DashScope refuses: its codes and sentences, as its error table and the API references have them."""

from __future__ import annotations

import uuid

from r2v_pipeline.providers.catalog.types import Entry
from r2v_pipeline.sandbox.looking import CODING, DAMAGED, SCHEME, Look
from r2v_pipeline.sandbox.schema import Fault
from r2v_pipeline.sandbox.wire import Reply, told

SYNC = "current user api does not support synchronous calls"
RATE = "Requests rate limit exceeded, please try again later."
NOT_PENDING = "Failed to cancel the task, please confirm if the task is in PENDING status."
DRAWING = "InternalError.Algo"
UNREACHABLE = (
    "InvalidParameter.DataInspection",
    "Unable to download the media resource during the data inspection process",
)
_URL = ("InvalidParameter", "url error, please check url!")


def refused(status: int, code: str, message: str) -> Reply:
    """An error of the API: flat, with a request id."""
    return told({"code": code, "message": message, "request_id": str(uuid.uuid4())}, status)


def of_fault(fault: Fault, entry: Entry) -> tuple[str, str]:
    """What a wrong field is refused with."""
    if fault.rule == "required":
        return "InvalidParameter", f"Field required: {fault.path}"
    if fault.path == "parameters.size" and fault.rule == "enum":
        return "InvalidParameter", f"size must be in {','.join(sorted(set(entry.sizes.values())))}"
    if fault.rule == "media":
        kind = "Video" if "the video of" in fault.text else "Image"
        return f"Invalid{kind}.FileFormat", f"The {kind.lower()} is not supported: {fault.text}"
    return "InvalidParameter", f"<{fault.path}> is invalid: {fault.text}"


def of_look(look: Look, *, resolves: bool) -> tuple[str, str] | None:
    """What an address is refused with; None for one that the service can read."""
    if look.url.startswith("oss://") and not resolves:
        return _URL
    if look.trouble == SCHEME:
        return _URL
    if look.trouble == CODING or (look.path and not look.stored and look.kind != "image"):
        return "InvalidParameter", "only images may be given as base64 data"
    if look.trouble == DAMAGED:
        return "InvalidImage.FileFormat", "The media resource is damaged or of an unsupported format."
    return UNREACHABLE if look.trouble else None
