"""An ASGI middleware that guards streaming responses.

    from interlock.asgi import GuardMiddleware

    app = GuardMiddleware(app, policy={"scorer": {"kind": "host"}}, scorer=score)

Responses whose type is one of ``DIALECTS`` go through a session: what leaves is what the policy lets pass, and a stream
that halts is ended the way its protocol ends. Others pass as they are.
"""

import inspect
import json
import math
import time

from . import load
from .errors import InterlockError, TrapError

# Dialect by the type of a response.
DIALECTS = {
    "text/event-stream": "openai-chat",
    "application/json": "openai-chat-body",
    "text/plain": "text",
}
# Where a session is over and nothing more leaves.
OVER = ("completed", "halted", "failed")


class GuardMiddleware:
    """Guards the streaming responses of an application.

    policy: a dict, or JSON. scorer: asked for each segment that wants a score, as a function or a coroutine of the segment
    that gives a number; one that fails gives none, which the policy's limits take for the unsafe answer. dialects: by the
    type of a response, in place of DIALECTS. on_record: called with the account of every stream that was guarded.
    """

    def __init__(self, app, policy=None, *, scorer=None, dialects=None, on_record=None, kernel=None):
        self.app = app
        self.policy = policy if isinstance(policy, str) else json.dumps(policy or {})
        self.scorer = scorer
        self.dialects = DIALECTS if dialects is None else dialects
        self.on_record = on_record
        self.kernel = kernel or load
        # A policy that is not one must not wait for the first request to say so.
        self.kernel().session.policy_from_json(self.policy)

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        guard = _Guard(self, send)
        try:
            await self.app(scope, receive, guard.send)
        except _Over:
            # The stream has ended for whoever reads it: the application is told by the exception.
            pass
        except Exception:
            await guard.fail("the upstream failed")
            raise
        else:
            await guard.fail("the upstream ended early")


class _Over(Exception):
    """The response is over: what the application still wants to send does not leave."""


class _Guard:
    """One response."""

    def __init__(self, middleware, send):
        self.middleware, self.out = middleware, send
        self.session = None
        self.done = False

    async def send(self, message):
        if message["type"] == "http.response.start":
            await self.start(message)
        elif message["type"] == "http.response.body" and self.session is not None:
            await self.body(message)
        elif self.done:
            raise _Over
        elif message["type"] == "http.response.pathsend" or message["type"] == "http.response.zerocopysend":
            if self.session is not None:
                await self.fail("the upstream sent a file")
                raise _Over
            await self.out(message)
        else:
            await self.out(message)

    async def start(self, message):
        headers = [(name.lower(), value) for name, value in message.get("headers", [])]
        kind = next((value for name, value in headers if name == b"content-type"), b"")
        dialect = self.middleware.dialects.get(kind.split(b";")[0].strip().lower().decode("latin-1"))
        if dialect is None or not 200 <= message["status"] < 300:
            await self.out(message)
            return
        if any(name == b"content-encoding" and value.lower() != b"identity" for name, value in headers):
            # What cannot be read cannot be guarded.
            self.done = True
            refusal = [(b"content-type", b"text/plain; charset=utf-8")]
            await self.out({"type": "http.response.start", "status": 502, "headers": refusal})
            await self.out({"type": "http.response.body", "body": b"the response is encoded and cannot be guarded\n"})
            raise _Over
        self.session = self.middleware.kernel().session.Session(self.middleware.policy, dialect)
        # The length is that of what leaves, which nobody knows yet.
        kept = [(name, value) for name, value in message.get("headers", []) if name.lower() != b"content-length"]
        await self.out(message | {"headers": kept})

    async def body(self, message):
        if self.done:
            raise _Over
        try:
            if message.get("body"):
                self.session.feed(message["body"])
                await self.drain()
            if not message.get("more_body", False) and not self.done:
                self.session.end()
                await self.drain()
                await self.close()
        except TrapError:
            await self.close()
        if self.done and message.get("more_body", False):
            raise _Over

    async def drain(self):
        """Sends what may leave, and answers segments while there are some."""
        while True:
            drained = self.session.drain()
            if drained.bytes:
                await self.out({"type": "http.response.body", "body": drained.bytes, "more_body": True})
            if drained.state in OVER:
                await self.close()
                return
            self.refuse(drained)
            if not drained.segments:
                if not (drained.reviews or drained.top_ups):
                    return
                continue
            answers = []
            for segment in drained.segments:
                answers.append({"segment": segment.id, "observation": await self.answer(segment)})
            self.session.answer_many(answers)

    def refuse(self, drained):
        """Nobody here approves a review or pays for more: what asks for it is denied."""
        try:
            for review in drained.reviews:
                self.session.answer_review(review.review, "middleware", False, 0)
            for request in drained.top_ups:
                self.session.top_up(request.counter, 0)
        except InterlockError:
            # Not ours to deny either: the stream ends.
            self.session.emergency_stop()

    async def answer(self, segment):
        """What the scorer says of a segment, and how long it took; no score where it fails."""
        begun = time.perf_counter()
        try:
            score = self.middleware.scorer(segment)
            if inspect.isawaitable(score):
                score = await score
            score = float(score)
        except Exception:  # noqa: BLE001
            score = math.nan
        return {"score": score, "elapsed_ms": (time.perf_counter() - begun) * 1e3}

    async def fail(self, message):
        """Ends a stream that its application has not ended."""
        if self.session is None or self.done:
            return
        try:
            self.session.fail(message)
            await self.drain()
        except TrapError:
            pass
        await self.close()

    async def close(self):
        if self.done:
            return
        self.done = True
        await self.out({"type": "http.response.body", "body": b"", "more_body": False})
        if self.middleware.on_record is not None:
            self.middleware.on_record(json.loads(self.session.record_json()))
