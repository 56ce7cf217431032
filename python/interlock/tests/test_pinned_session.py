"""Sessions that adopt policies, and streams under a rule."""

import json

import interlock
import pytest


def telling(version, **more):
    """A policy that its segments tell: they have 16 + version bytes."""
    policy = {
        "scorer": {"kind": "host"},
        "segments": {"unit": "bytes", "max_bytes": 16 + version},
        "halt": {"hard_limit": 0, "window_threshold": 0, "trend_threshold": 1},
        "ending": {"message": f"[version {version}]"},
    }
    return json.dumps(policy | more)


@pytest.fixture(scope="module")
def kernel():
    return interlock.load()


@pytest.fixture
def registry(kernel):
    host = {"data_formats": (2, 2), "wasm32": False, "simd128": False, "opaque": []}
    return kernel.rules.RuleRegistry(host, 8)


def serve(kernel, registry, version, policy):
    """Makes a version of the rule `p` active."""
    # A policy artifact without patterns: its policy as it is written, and no patterns for six kinds of channels.
    text = kernel.session.policy_from_json(policy).encode()
    payload = b"ILKPOL" + (2).to_bytes(2) + len(text).to_bytes(4) + text + bytes(6)
    header = {
        "rule_id": "p",
        "version": version,
        "compute_cap": "data/2",
        "depends_on": [],
        "actor_config": {
            "block_dim": (1, 1, 1),
            "grid_dim": (1, 1, 1),
            "shared_mem_bytes": 0,
            "max_in_flight": 1024,
        },
        "metadata": {
            "source_language": "",
            "source_hash": None,
            "compiled_at_ms": None,
            "compiler_version": "",
            "author": "",
        },
    }
    registry.reload(kernel.rules.CompiledRule(header, payload), 0)
    registry.run_steps(0)
    assert registry.take_outcome().payload.report.tag == "ok"


def pins(registry):
    """How many streams each version that is retained has."""
    return [(handle.header.version, handle.pinned) for handle in registry.history("p")]


def answer_all(session):
    segments = session.drain().segments
    session.answer_many([{"segment": it.id, "observation": {"score": 0.9}} for it in segments])
    return [segment.text for segment in segments]


def refused(work, *arguments):
    with pytest.raises(interlock.InterlockError) as error:
        work(*arguments)
    return error.value.payload.code, error.value.payload.subject


def test_a_session_adopts_a_policy_between_two_segments(kernel):
    session = kernel.session.Session(telling(1), "text")
    session.feed(b"a" * 10)
    assert not session.is_between_segments()
    for work in (session.check_adopt, session.adopt):
        assert refused(work, telling(4), []) == ("session-in-segment", "")
    session.feed(b"a" * 7)
    assert answer_all(session) == ["a" * 17] and session.is_between_segments()
    assert refused(session.adopt, telling(4, mode="observe"), []) == ("session-fixed", "mode")
    assert refused(session.adopt, telling(4, halt={"hard_limit": 7}), []) == ("policy-invalid", "halt.hard_limit")
    assert json.loads(session.policy())["segments"]["max_bytes"] == 17, "what is refused changes nothing"
    session.check_adopt(telling(4), [])
    session.adopt(telling(4), [])
    session.feed(b"b" * 20)
    assert answer_all(session) == ["b" * 20]
    session.drain()
    session.emergency_stop()
    assert session.drain().bytes == b"[version 4]"
    assert refused(session.adopt, telling(1), []) == ("session-ended", "halted")


def test_a_stream_adopts_the_next_version_and_names_what_judged_which_segment(kernel, registry):
    serve(kernel, registry, 1, telling(1))
    registry.set_reload_policy("p", "adopt-at-next-segment")
    # A registry and a session in instances of their own.
    stream = interlock.PinnedSession.begin(interlock.load(), registry, "p", "text")
    assert stream.refresh() == interlock.Case("unchanged")
    stream.session.feed(b"a" * 20)
    serve(kernel, registry, 2, telling(2))
    for _ in range(2):
        kept = stream.refresh()
        assert (kept.tag, kept.payload.code) == ("kept", "session-in-segment")
    stream.session.feed(b"a" * 14)
    assert stream.refresh().tag == "kept", "segments wait for their scores"
    assert (stream.version, pins(registry)) == (1, [(1, 1), (2, 0)])
    assert answer_all(stream.session) == ["a" * 17] * 2
    assert stream.refresh() == interlock.Case("adopted", 2)
    assert (stream.version, pins(registry)) == (2, [(1, 0), (2, 1)])
    assert json.loads(stream.artifact.policy)["ending"]["message"] == "[version 2]"
    stream.session.feed(b"b" * 18)
    assert answer_all(stream.session) == ["b" * 18]
    assert [(span.from_segment, span.version) for span in stream.versions] == [(0, 1), (2, 2)]
    assert [stream.version_of(segment) for segment in (0, 1, 2, 9)] == [1, 1, 2, 2]
    assert stream.versions[1].content_hash == registry.active("p").content_hash()
    session = stream.end()
    session.end()
    assert (session.state(), pins(registry)) == ("completed", [(1, 0), (2, 0)])
    assert refused(stream.end)[0] == "rule-unknown-pin"


def test_a_stream_keeps_what_it_has_where_the_rule_or_the_version_says_so(kernel, registry):
    serve(kernel, registry, 1, telling(1))
    with interlock.PinnedSession.begin(kernel, registry, "p", "text") as old:
        serve(kernel, registry, 2, telling(2))
        assert old.refresh().tag == "unchanged" and old.version == 1
        with interlock.PinnedSession.begin(kernel, registry, "p", "text") as young:
            assert young.version == 2 and pins(registry) == [(1, 1), (2, 1)]
    assert [pinned for _, pinned in pins(registry)] == [0] * len(pins(registry))

    registry.set_reload_policy("p", "adopt-at-next-segment")
    stream = interlock.PinnedSession.begin(kernel, registry, "p", "text")
    serve(kernel, registry, 3, telling(3, mode="observe"))
    for _ in range(2):
        kept = stream.refresh().payload
        assert (kept.code, kept.subject) == ("session-fixed", "mode")
    serve(kernel, registry, 4, telling(4))
    assert stream.refresh() == interlock.Case("adopted", 4), "a refusal is of one version"
    registry.emergency_stop("p")
    assert stream.refresh().tag == "stopped" and stream.session.state() == "halted"
    assert refused(interlock.PinnedSession.begin, kernel, registry, "p")[0] == "rule-emergency-stopped"
    stream.end()


def test_a_stream_that_does_not_begin_pins_nothing(kernel, registry):
    serve(kernel, registry, 1, telling(1))
    with pytest.raises(ValueError):
        interlock.PinnedSession.begin(kernel, registry, "p", "morse")
    assert pins(registry) == [(1, 0)]
    assert refused(interlock.PinnedSession.begin, kernel, registry, "q")[0] == "rule-not-found"
