"""What the description of the API cannot say."""

import schemathesis


@schemathesis.hook
def filter_case(context, case):
    """A search has a prefix, a suffix or both: OpenAPI 3.1 knows no "one of these parameters"."""
    if case.operation.label != "GET /search" or (case.meta is not None and case.meta.generation.mode.is_negative):
        return True
    query = case.query or {}
    return "prefix" in query or "suffix" in query
