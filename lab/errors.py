"""The one exception that the lab shows to people."""


class LabError(Exception):
    """Something is wrong or missing; the message says what to do about it."""
