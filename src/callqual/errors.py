"""The errors a caller of callqual can meet, as one tree.

::

    CallqualError
    ├── AudioReadError (OSError)     a file that is missing, unreadable or not audio
    └── InputError (ValueError)      an argument or samples that cannot be scored
        └── TooShortError            nothing to measure in so few samples

Every message names the value, what was expected and the remedy, on one line.
"""


class CallqualError(Exception):
    """Base of all errors raised by callqual."""


class AudioReadError(CallqualError, OSError):
    """A recording could not be opened or decoded."""


class InputError(CallqualError, ValueError):
    """An argument or an array of samples that cannot be scored."""


class TooShortError(InputError):
    """The samples are too few to measure anything."""
