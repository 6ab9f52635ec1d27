"""The round of docs/clients.md with the generated Python client: the service's URL is the first argument."""
import sys

from kv_store_client import Client
from kv_store_client.api.reading import dump_pairs, get_value, search_keys
from kv_store_client.api.writing import delete_keys, set_pairs
from kv_store_client.models import PairsToSet

client = Client(base_url=sys.argv[1])
written = set_pairs.sync_detailed(client=client, body=PairsToSet.from_dict({"py-1": 1, "py-2": {"list": [1, "two"]}}))
assert written.status_code == 200, written
assert get_value.sync("py-2", client=client) == {"list": [1, "two"]}
assert search_keys.sync(client=client, prefix="py-") == ["py-1", "py-2"]
assert dump_pairs.sync(client=client).to_dict() == {"py-1": 1, "py-2": {"list": [1, "two"]}}
tag = written.headers["etag"]
for status in (200, 412):
    again = set_pairs.sync_detailed(client=client, body=PairsToSet.from_dict({"py-1": 2}), if_match=tag)
    assert again.status_code == status, again
assert again.parsed.code.value == "precondition-failed"
assert delete_keys.sync(client=client, body=["py-1", "py-2"]).deleted == 2
