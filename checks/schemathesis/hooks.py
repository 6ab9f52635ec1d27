"""
What the description of the API cannot say: OpenAPI 3.1 knows no parameters that need or exclude each other, and no header
that depends on the body. Requests that are meant to be right are made right here; those meant to be wrong stay as they are.
"""

import re

import schemathesis

CONDITION = re.compile(r'[*]|(W/)?"[!#-~]*"|[0-9a-z]{8}-[0-9]{1,15}')
ENTITY_TAG = re.compile(r'[*]|(W/)?"[!#-~]*"')


@schemathesis.hook
def before_call(context, case, kwargs):
    # A second is a wait, too.
    wait = str((case.query or {}).get("wait", ""))
    if re.fullmatch(r"[0-9]+", wait) and 1 < int(wait) <= 60:
        case.query["wait"] = int(wait) % 2
    if case.meta is not None and case.meta.generation.mode.is_negative:
        return
    # A search has a prefix, a suffix or both.
    if case.operation.label == "GET /search" and not {"prefix", "suffix"} & set(case.query or {}):
        case.query["prefix"] = "a"
    # A count is of all keys, and alone.
    if case.operation.label == "GET /search" and "count" in (case.query or {}):
        case.query.pop("values", None)
        case.query.pop("limit", None)
    if case.operation.label == "POST /transaction" and isinstance(case.body, dict):
        mend_transaction(case.body)
    # Far from the limits of 64 bits, which the description cannot name, and so are the sums.
    if case.operation.label == "POST /increment" and isinstance(case.body, dict):
        for key, amount in case.body.items():
            case.body[key] = int(amount) % 1000
    headers = case.headers or {}
    # With a page, a count ends lines alone.
    if case.operation.label == "GET /" and {"count", "limit"} <= set(case.query or {}):
        if case.headers is None:
            case.query.pop("count")
        else:
            case.headers["Accept"] = "application/x-ndjson"
    if "If-Match" not in headers:
        return
    # Some texts are made without a look at the pattern.
    if case.operation.label != "GET /" and not ENTITY_TAG.fullmatch(str(headers["If-Match"])):
        headers["If-Match"] = "*"
    # One condition, and If-Match is for one key.
    headers.pop("If-None-Match", None)
    if isinstance(case.body, (dict, list)) and len(case.body) != 1:
        del headers["If-Match"]


def mend_transaction(body):
    """A key is set or deleted, there is one at least, a time to live is of what is set, and texts look as the pattern says."""
    pairs = body.get("set") or {}
    if "delete" in body:
        body["delete"] = [key for key in body["delete"] if key not in pairs]
    if not pairs:
        body.pop("ttl", None)
    conditions = body.get("if") or {}
    for key, condition in conditions.items():
        if condition is not None and not CONDITION.fullmatch(str(condition)):
            conditions[key] = None
    if not pairs and not conditions and not body.get("delete"):
        body["set"] = {"a": 1}
