"""One end of a call over Telegram's stack, run by its path: ``telegram_end.py talker|listener FILE SECONDS``.

The talker says the 16-bit samples of FILE (48 kHz), the listener writes there what it hears. Signalling goes to standard output
and comes from standard input, a hexadecimal line a message.
"""

from __future__ import annotations

import asyncio
import sys
import threading
from typing import Any

KEY = bytes(range(256))
USER, SR = 1, 48000


async def main(role: str, path: str, seconds: float) -> None:
    """Join the call and stay for `seconds` after it is up."""
    import ntgcalls as n

    end, loop, up = n.NTgCalls(), asyncio.get_running_loop(), asyncio.Event()

    def changed(_: int, info: Any) -> None:
        if info.state == n.ConnectionState.CONNECTED:
            loop.call_soon_threadsafe(up.set)

    end.on_signaling_data(lambda _, data: print(bytes(data).hex(), flush=True))
    end.on_connection_change(changed)
    talks = role == "talker"
    file = n.AudioDescription(n.MediaSource.FILE, SR, 1, path, not talks)
    way = (
        (n.StreamMode.CAPTURE, n.MediaDescription(file, None, None, None))
        if talks
        else (n.StreamMode.PLAYBACK, n.MediaDescription(file, None, None, None))
    )
    await end.create_p2p_call(USER)
    await end.set_stream_sources(USER, *way)
    await end.skip_exchange(USER, KEY, talks)

    async def take(line: str) -> None:
        await end.send_signaling_data(USER, bytes.fromhex(line))

    def listen() -> None:
        for line in sys.stdin:
            asyncio.run_coroutine_threadsafe(take(line.strip()), loop)

    versions = n.NTgCalls.get_protocol().library_versions
    joined = asyncio.ensure_future(end.connect_p2p(USER, [], versions, True, None))
    await asyncio.sleep(0.2)
    threading.Thread(target=listen, daemon=True).start()
    await joined
    await asyncio.wait_for(up.wait(), 15)
    await asyncio.sleep(seconds)
    await end.stop(USER)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], float(sys.argv[3])))
