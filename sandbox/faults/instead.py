"""What is answered in place of a vendor.

Belongs here: the error replies of the edge before it; asking the vendor for its own. Does not: when.
"""

from http import HTTPStatus

from starlette.responses import Response

from sandbox.faults.kinds import Answer, Expired, InsteadOfReply
from sandbox.faults.seen import Seen
from sandbox.faults.vendor import Vendor

_DOWN = Answer(kind="answer", status=503)


def answer(fault: InsteadOfReply, call: Seen, vendor: Vendor) -> Response:
    """Return the reply of a fault to a call."""
    if isinstance(fault, Expired):
        return vendor.gone(call)
    return _error(fault if isinstance(fault, Answer) else _DOWN, call, vendor)


def _error(fault: Answer, call: Seen, vendor: Vendor) -> Response:
    if fault.body == "json":
        reply = vendor.error(call, fault.status, fault.code, fault.message)
    else:
        page = _page(fault.status) if fault.body == "html" else ""
        reply = Response(page, fault.status, media_type="text/html;charset=UTF-8")
    if fault.retry_after is not None:
        reply.headers["Retry-After"] = str(fault.retry_after)
    return reply


def _page(status: int) -> str:
    known = {item.value: item.phrase for item in HTTPStatus}
    title = f"{status} {known.get(status, 'Error')}"
    return f"<!DOCTYPE html><html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>"
