"""What goes wrong, as exceptions."""


class InterlockError(Exception):
    """A typed refusal of the component. Nothing has changed.

    payload: the error as the interface defines it: a Record, a Case, a text or None. function: what refused.
    """

    def __init__(self, payload, function):
        self.payload, self.function = payload, function
        super().__init__(f"{function}: {describe(payload)}")


class TrapError(Exception):
    """The instance trapped, or trapped before. It takes no further calls, and what it judged must be held unsafe."""


def describe(payload):
    """A refusal in words."""
    message = getattr(payload, "message", None)
    if isinstance(message, str) and message:
        return message
    if hasattr(payload, "bound") and hasattr(payload, "value"):
        what = getattr(payload, "what", None) or getattr(payload, "field", "")
        return f"{what} is {payload.value}, must be {payload.bound}"
    return str(payload)
