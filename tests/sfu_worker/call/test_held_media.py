"""Held sources whose client goes on sending: a real worker, real SRTP, clients that record all."""

from __future__ import annotations

from sfu_worker import wire
from sfu_worker.light_client.sending import Stream
from tests.sfu_worker.builders.house import LOUD, Guest, House, hears
from tests.sfu_worker.edge import until

BOTH = ("microphone", "camera")
PACKETS = 30


def hold(house: House, guest: Guest, *held: str) -> dict[str, int]:
    """Returns what the guest had sent by then: the last count of each stream, by kind."""
    house.worker.handle(wire.Hold("hall", guest.id, list(held)), 1)
    return {stream.kind: stream.count for stream in guest.streams}


async def sends_on(guest: Guest, since: dict[str, int]) -> None:
    """Wait until a client that ignores that it is held has sent more of everything."""
    await until(lambda: all(s.count > since[s.kind] + PACKETS for s in guest.streams))


def in_order(guest: Guest, stream: Stream) -> bool:
    """Whether the slot that a stream is in has no gap."""
    ssrcs = {h.ssrc for h in guest.ears.of(stream)}
    return all(guest.receiver.by_ssrc[ssrc].lost == 0 for ssrc in ssrcs)


async def test_nothing_that_is_held_reaches_anyone_until_it_is_released(house: House) -> None:
    ann = await house.come(level=LOUD, sources=BOTH)
    ben = await house.come(pairs=2)
    far = await house.come(pairs=0, voices=1)
    viewer = await house.come(pairs=1, sources=(), kind="whep", follow=ann.id, publish=False)
    microphone, camera = ann.streams
    room = house.worker.rooms["hall"]
    for other, stream in ((ben, microphone), (ben, camera), (far, microphone)):
        await hears(other, stream)
    await hears(viewer, microphone)
    await hears(viewer, camera)
    await until(lambda: room._settling.voices.speakers == [ann.id])
    inside = room.participants[ann.id]
    link, keyframes = ann.link, camera.keyframes

    last = hold(house, ann, *BOTH)
    assert all(track.muted and not track.subscribers for track in inside.tracks.values())
    await until(lambda: room._settling.voices.speakers == [])
    await sends_on(ann, last)
    for other in (ben, far, viewer):
        for stream in ann.streams:
            assert other.ears.of(stream, last[stream.kind] + 1) == []
    assert list(room._settling.voices._gate) == []

    released = hold(house, ann)
    for other, stream in ((ben, microphone), (ben, camera), (far, microphone)):
        await hears(other, stream, last[stream.kind] + 1)
        first = other.ears.of(stream, last[stream.kind] + 1)[0]
        assert first.number > released[stream.kind] - 5, "nothing from the time of the hold"
        assert in_order(other, stream)
    await hears(viewer, camera, last["video"] + 1)
    await hears(viewer, microphone, last["audio"] + 1)
    assert camera.keyframes > keyframes
    assert ann.link is link, "over the same connection"
    await until(lambda: room._settling.voices.speakers == [ann.id])


async def test_what_is_held_stays_held_over_a_new_connection(house: House) -> None:
    ann = await house.come(level=LOUD, sources=BOTH)
    ben = await house.come(pairs=2)
    await hears(ben, ann.streams[1])
    hold(house, ann, "camera")
    before = ann.link
    ann.epoch = ""
    house.worker.handle(wire.Snapshot("hall", ann.id), 1)
    await until(lambda: ann.link is not before and ann.connected.is_set() and ann.streams)
    microphone, camera = ann.streams
    await hears(ben, microphone, packets=PACKETS)
    await until(lambda: camera.count > PACKETS)
    assert ben.ears.of(camera) == []
    hold(house, ann)
    await hears(ben, camera)


async def test_who_comes_held_is_held_from_the_first_packet_on(house: House) -> None:
    ben = await house.come(pairs=2)
    ann = await house.come(level=LOUD, sources=BOTH, held=["microphone"])
    microphone, camera = ann.streams
    await hears(ben, camera, packets=PACKETS)
    await until(lambda: microphone.count > PACKETS)
    assert ben.ears.of(microphone) == []
    hold(house, ann)
    await hears(ben, microphone)
