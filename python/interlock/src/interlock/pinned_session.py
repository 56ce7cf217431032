"""A stream under a rule: its session, the version that it pins, and what a swap means for it."""

import weakref

from .errors import InterlockError, TrapError
from .values import Case, Record

# The version of each rule that streams began with last, of each registry.
_loaded = weakref.WeakKeyDictionary()

IN_SEGMENT = "session-in-segment"


def load(registry, rule_id, version):
    """A version as sessions take it. It crosses for the first of the streams that begin with it."""
    rules = _loaded.setdefault(registry, {})
    own = rules.get(rule_id)
    if own is None or own.version != version:
        rule = registry.version(rule_id, version)
        artifact = registry.instance_.rules.policy_of(rule)
        own = Record(version=version, content_hash=rule.content_hash(), artifact=artifact)
        rules[rule_id] = own
    return own


def summary(registry, rule_id):
    return next((rule for rule in registry.list() if rule.rule_id == rule_id), None)


class PinnedSession:
    """A session that pins a version of a rule. Every segment is judged by one version, which ``version_of`` names.

        with PinnedSession.begin(kernel, registry, "answers", "openai-chat") as stream:
            for data in upstream:
                if stream.refresh().tag == "stopped":
                    break
                stream.session.feed(data)

    session: what goes in and what comes out. artifact: the policy that the next segment is judged by, with its tables.
    version: of that. versions: those that judged the stream's segments, in their order: records with from_segment, version
    and content_hash. Whoever does not end it keeps the version pinned.
    """

    @classmethod
    def begin(cls, kernel, registry, rule_id, dialect="openai-chat"):
        """Begins a stream under the active version of a rule; where it raises, nothing is pinned.

        kernel: the instance of the session; the registry may live in it or in one of its own, which a trap of the session
        does not touch. Raises InterlockError when there is nothing to pin, or the rule makes no session.
        """
        pin = registry.pin(rule_id)
        try:
            # What was pinned is what is active: nothing has come between.
            own = load(registry, rule_id, summary(registry, rule_id).active)
            session = kernel.session.Session.new_guarded(own.artifact.policy, dialect, own.artifact.tables)
            return cls(registry, rule_id, pin, own, session)
        except BaseException:
            registry.unpin(pin)
            raise

    def __init__(self, registry, rule_id, pin, own, session):
        self._registry, self._rule_id, self._pin, self.session = registry, rule_id, pin, session
        self._kept, self._has_ended = None, False
        self.versions = []
        self._take(own, 0)

    def _take(self, own, from_segment):
        self.artifact, self.version = own.artifact, own.version
        span = Record(from_segment=from_segment, version=own.version, content_hash=own.content_hash)
        self.versions.append(span)

    def refresh(self):
        """Looks at what became of the rule: call it before each piece of input.

        Gives a Case. unchanged: it has the version that the rule's policy says. adopted: it keeps to the active version, the
        payload, from the next segment on. kept: it keeps the version that it has until it can change, or to its end; the
        payload is the refusal of ``adopt``. stopped: the rule was stopped in an emergency, and the stream has been halted.
        After a TrapError the stream has been halted, too.
        """
        try:
            adoption = self._look()
        except TrapError:
            self._halt()
            raise
        if adoption.tag == "stopped":
            self._halt()
        return adoption

    def _look(self):
        registry, session = self._registry, self.session
        if registry.is_stopped(self._pin):
            return Case("stopped")
        rule = summary(registry, self._rule_id)
        version = 0 if rule is None else rule.active
        if version in (0, self.version) or rule.policy.tag != "adopt-at-next-segment":
            return Case("unchanged")
        # What is refused for good, and where it still is in its segment, is not asked for again before each piece of input.
        if self._kept is not None and self._kept[0] == version and session.state() in ("open", "ending"):
            refusal = self._kept[1]
            if refusal.code != IN_SEGMENT or not session.is_between_segments():
                return Case("kept", refusal)
        own = load(registry, self._rule_id, version)
        given = (own.artifact.policy, own.artifact.tables)
        # Looked at first: what pins a version and what judges by it change together or not at all.
        try:
            session.check_adopt(*given)
        except InterlockError as error:
            self._kept = (version, error.payload)
            return Case("kept", error.payload)
        # The active version is being drained: the one that follows it is for later.
        if not registry.adopt(self._pin):
            return Case("unchanged")
        try:
            session.adopt(*given)
        except InterlockError:
            # It was checked. If it fails all the same, nothing more is judged by either.
            self._halt()
            raise
        self._kept = None
        self._take(own, session.record().segments)
        return Case("adopted", version)

    def _halt(self):
        try:
            self.session.emergency_stop()
        except (InterlockError, TrapError):
            # A stream that is over stays as it ended, and an instance that trapped takes nothing any more.
            pass

    def version_of(self, segment):
        """The version that a segment was judged by, or will be."""
        return next(span.version for span in reversed(self.versions) if span.from_segment <= segment)

    def end(self):
        """The stream is over: gives the pin back and the session out. Raises InterlockError the second time."""
        self._registry.unpin(self._pin)
        self._has_ended = True
        return self.session

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if not self._has_ended:
            self.end()
