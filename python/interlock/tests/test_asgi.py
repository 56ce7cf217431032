"""The ASGI middleware, with applications that stream."""

import asyncio
import json

import interlock
import pytest
from interlock.asgi import GuardMiddleware

SSE = [(b"content-type", b"text/event-stream; charset=utf-8")]


def event(text, finish=None):
    choice = {"index": 0, "delta": {"content": text} if text is not None else {}, "finish_reason": finish}
    return b"data: " + json.dumps({"id": "c1", "model": "m", "choices": [choice]}).encode() + b"\n\n"


def application(chunks, headers=SSE, status=200, after=None):
    async def app(scope, receive, send):
        app.sent = 0
        await send({"type": "http.response.start", "status": status, "headers": headers})
        for chunk in chunks:
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
            app.sent += 1
        if after is not None:
            raise after
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    return app


def call(app):
    sent = []

    async def send(message):
        sent.append(message)

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    try:
        asyncio.run(app({"type": "http", "method": "POST", "path": "/", "headers": []}, receive, send))
        raised = None
    except Exception as error:  # noqa: BLE001
        raised = error
    body = b"".join(message.get("body", b"") for message in sent if message["type"] == "http.response.body")
    return sent, body, raised


POLICY = {"scorer": {"kind": "host"}}


def test_what_passes_leaves_byte_for_byte():
    chunks = [event("The "), event("sky is "), event("blue."), event(None, "stop"), b"data: [DONE]\n\n"]
    for size in (None, 7, 1):
        whole = b"".join(chunks)
        pieces = chunks if size is None else [whole[at : at + size] for at in range(0, len(whole), size)]
        records = []
        app = GuardMiddleware(application(pieces), POLICY, scorer=lambda segment: 0.9, on_record=records.append)
        sent, body, raised = call(app)
        assert raised is None and body == whole and sent[-1]["more_body"] is False
        assert records[0]["state"] == "completed" and records[0]["segments"] > 0


@pytest.mark.parametrize("scorer", ["sync", "async"])
def test_a_halt_ends_the_stream_well_and_stops_the_application(scorer):
    def score(segment):
        return 0.1 if "secret" in segment.text else 0.9

    async def asynchronous(segment):
        await asyncio.sleep(0)
        return score(segment)

    upstream = application([event("fine. "), event("the secret"), event("is 42"), event(None, "stop")])
    records = []
    guarded = GuardMiddleware(
        upstream, POLICY, scorer=score if scorer == "sync" else asynchronous, on_record=records.append
    )
    sent, body, raised = call(guarded)
    assert raised is None and b"fine." in body and b"secret" not in body and b"42" not in body
    assert b"data: [DONE]" in body and sent[-1]["more_body"] is False
    assert records[0]["state"] == "halted" and records[0]["halt"]["reason"] == "hard-limit"
    assert upstream.sent < 3


@pytest.mark.parametrize("bad", [None, "x", float("nan"), ZeroDivisionError])
def test_a_scorer_that_fails_lets_nothing_pass(bad):
    def score(segment):
        if bad is ZeroDivisionError:
            raise bad
        return bad

    _, body, raised = call(GuardMiddleware(application([event("secret"), event(None, "stop")]), POLICY, scorer=score))
    assert raised is None and b"secret" not in body
    _, body, _ = call(GuardMiddleware(application([event("secret")]), POLICY))
    assert b"secret" not in body


def test_an_application_that_fails_ends_the_stream():
    app = GuardMiddleware(application([event("fine.")], after=ZeroDivisionError()), POLICY, scorer=lambda segment: 0.9)
    sent, body, raised = call(app)
    assert isinstance(raised, ZeroDivisionError) and b"fine." in body and sent[-1]["more_body"] is False


def test_what_cannot_be_read_does_not_leave():
    headers = [*SSE, (b"content-encoding", b"gzip")]
    sent, body, raised = call(GuardMiddleware(application([event("secret")], headers), POLICY, scorer=lambda s: 0.9))
    assert sent[0]["status"] == 502 and b"secret" not in body and raised is None


def test_other_responses_pass_and_lengths_go():
    for headers, status in (([(b"content-type", b"image/png")], 200), (SSE, 404)):
        _, body, _ = call(GuardMiddleware(application([b"raw"], headers, status), POLICY, scorer=lambda s: 0.0))
        assert body == b"raw"
    headers = [*SSE, (b"Content-Length", b"5")]
    sent, _, _ = call(GuardMiddleware(application([event("a")], headers), POLICY, scorer=lambda s: 0.9))
    assert all(name.lower() != b"content-length" for name, _ in sent[0]["headers"])


def test_a_policy_that_is_none_is_refused_at_once():
    with pytest.raises(interlock.InterlockError):
        GuardMiddleware(application([]), {"halt": {"hard_limit": 7}})
