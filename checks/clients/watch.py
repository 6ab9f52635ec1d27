"""A watch with httpx-sse: heartbeats disturb nothing, and it goes on behind the last event. The first argument is the URL."""
import json
import sys
import threading

import httpx
from httpx_sse import connect_sse

url = sys.argv[1]
client = httpx.Client(base_url=url, timeout=30)


def set_after_heartbeats(key):
    """Writes once another watch has had three signs of life: the one beside it had some as well."""
    with client.stream("GET", "/watch") as answer:
        alive = (line for line in answer.iter_lines() if line.startswith(":"))
        for _ in range(3):
            next(alive)
    client.post("/set", json={key: 1}).raise_for_status()


def first_event(headers, key):
    with connect_sse(client, "GET", "/watch", params={"prefix": "watched-py"}, headers=headers) as source:
        writer = threading.Thread(target=set_after_heartbeats, args=[key])
        writer.start()
        # A block of an id alone is a sign of life: httpx-sse makes an event without data of it.
        event = next(each for each in source.iter_sse() if each.data)
        writer.join()
        return event


first = first_event({}, "watched-py-1")
assert (first.event, json.loads(first.data)["key"]) == ("set", "watched-py-1"), first
client.post("/set", json={"watched-py-2": 2}).raise_for_status()
missed = first_event({"Last-Event-ID": first.id}, "watched-py-3")
assert json.loads(missed.data)["key"] == "watched-py-2", missed
