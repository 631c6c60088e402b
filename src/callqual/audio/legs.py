"""Legs: which channels of a recording are scored, each by itself, and their samples out of a block."""

from __future__ import annotations

import operator
from typing import Literal

import numpy as np

from callqual.audio.reader import Samples
from callqual.errors import InputError

Channels = int | Literal["each", "mix"]
"""``"each"`` channel as one leg, all of them averaged in a ``"mix"``, or one channel by its index from 0."""

Label = int | Literal["mix"]
"""What a leg is called in the record: the index of its channel, or ``"mix"``."""


def choose_legs(channels: Channels, available: int) -> tuple[Label, ...]:
    """Return the labels of the legs asked for.

    Parameters
    ----------
    channels : "each", "mix" or int
        The choice of the caller.
    available : int
        Channels the recording has.

    Raises
    ------
    InputError
        The choice is none of these, or the recording has no such channel.
    """
    if channels == "each":
        return tuple(range(available))
    if channels == "mix":
        return ("mix",)
    try:
        index = operator.index(channels)
    except TypeError:
        index = None
    if index is None or isinstance(channels, bool):
        raise InputError(f"channels={channels!r}; expected 'each', 'mix' or the index of a channel, from 0")
    if not 0 <= index < available:
        have = "channel 0 only" if available == 1 else f"channels 0 to {available - 1}"
        raise InputError(f"channels={index}, but the recording has {have}; leave it out to score every channel")
    return (index,)


def split_legs(block: Samples, legs: tuple[Label, ...]) -> list[Samples]:
    """Return the samples of each leg.

    Parameters
    ----------
    block : ndarray [shape=(k, channels), float32]
        A block of the recording.
    legs : tuple
        Labels from :func:`choose_legs`.

    Returns
    -------
    list of ndarray [shape=(k,), float32, C-contiguous]
        In the order of `legs`; a mix is the mean of all channels.
    """
    return [np.ascontiguousarray(block.mean(axis=1) if leg == "mix" else block[:, leg]) for leg in legs]
