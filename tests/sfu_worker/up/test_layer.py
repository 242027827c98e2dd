"""What a layer hands on, to whom, and what it asks of its sender."""

from __future__ import annotations

from sfu_worker.rtp import rtcp
from sfu_worker.rtp.media_clock import SourceReport
from sfu_worker.sdp.codecs import Codec
from sfu_worker.up.batch import Batch, Packet
from sfu_worker.up.layer import GUESS_BITS, GUESS_UNKNOWN, UpLayer
from sfu_worker.up.nack import GIVE_UP_SECONDS
from sfu_worker.up.origin import Origin
from tests.sfu_worker.builders.streams import OPUS, VP8, vp8_payload

CAMERA = Origin("a:camera", "a", "camera", "video")
MICROPHONE = Origin("a:microphone", "a", "microphone", "audio")


class Down:
    """A receiver's stream that notes what it is told."""

    def __init__(self) -> None:
        self.bursts: list[tuple[list[int], int]] = []
        self.switched: list[int] = []
        self.ended: list[UpLayer] = []
        self.forgotten: list[Origin] = []

    def can_carry(self, layer: UpLayer) -> bool:
        return True

    def await_first(self, layer: UpLayer) -> None:
        layer.add_waiting(self)

    def switch(self, layer: UpLayer, p: Packet, now: float) -> None:
        self.switched.append(p.seq)
        layer.bind(self)

    def forward(self, packets: list[Packet], size: int, now: float) -> None:
        self.bursts.append(([p.seq for p in packets], size))

    def resume(self, first_in: int, last_in: int) -> None: ...

    def lost(self, layer: UpLayer) -> None:
        self.ended.append(layer)

    def forget(self, origin: Origin, *, ended: bool) -> None:
        self.forgotten.append(origin)


class Camera:
    """One layer, and what its sender was asked for."""

    def __init__(self, origin: Origin = CAMERA, codec: Codec = VP8) -> None:
        self.rtcp: list[bytes] = []
        self.layer = UpLayer(origin, 7, "", codec, Batch(), self.rtcp.append)

    def send(self, seq: int, *, key: bool = False, now: float = 1.0) -> int:
        """One packet of a batch; returns its size."""
        data = vp8_payload(seq & 0x7FFF, seq & 0xFF, key=key)
        p = Packet()
        p.seq, p.timestamp, p.payload, p.size = seq, seq * 3000, memoryview(data), len(data)
        self.layer.receive(p, now)
        return len(data)

    @property
    def asked(self) -> list[rtcp.Report]:
        return [packet for data in self.rtcp for packet in rtcp.parse_compound(data)]


def test_a_receiver_switches_at_a_key_frame_and_gets_it_whole() -> None:
    camera, down = Camera(), Down()
    camera.layer.add_waiting(down)
    camera.send(1)
    size = camera.send(2, key=True) + camera.send(3)
    assert down.bursts == [], "a batch leaves at its end"
    camera.layer.deliver()
    assert (down.switched, down.bursts) == ([2], [([2, 3], size)])
    camera.send(4, key=True)
    camera.layer.deliver()
    assert down.switched == [2]


def test_sound_is_joined_at_any_packet() -> None:
    microphone, down = Camera(MICROPHONE, OPUS), Down()
    microphone.layer.add_waiting(down)
    microphone.send(1)
    assert down.switched == [1]


def test_those_who_no_longer_wait_or_are_bound_get_nothing() -> None:
    camera, bound, waiting = Camera(), Down(), Down()
    camera.layer.bind(bound)
    camera.layer.add_waiting(waiting)
    camera.layer.unbind(bound)
    camera.layer.remove_waiting(waiting)
    camera.layer.unbind(bound)
    camera.layer.remove_waiting(waiting)
    camera.send(1, key=True)
    camera.layer.deliver()
    assert (bound.bursts, waiting.switched) == ([], [])


def test_duplicates_go_no_further_and_late_packets_do_not_move_the_top() -> None:
    camera, down = Camera(), Down()
    camera.layer.bind(down)
    for seq in (65534, 0, 65535, 0):
        camera.send(seq)
    camera.layer.deliver()
    assert [seqs for seqs, _ in down.bursts] == [[65534, 0, 65535]]
    assert camera.layer.packets == 3
    assert (camera.layer.top.seq, camera.layer.top.picture_id) == (0, 0)
    assert camera.layer.cache.get(65535) is not None


def test_missing_packets_are_asked_for_only_where_they_are_sent_again() -> None:
    mute = Codec(96, "VP8", 90000, 1, {}, (), None)
    for camera, expected in ((Camera(), [rtcp.Nack(1, 7, [2, 3])]), (Camera(codec=mute), [])):
        camera.send(1, now=1.0)
        camera.send(4, now=1.0)
        camera.layer.repair(1.0, 0.05)
        camera.layer.repair(1.1, 0.05)
        assert camera.asked == expected


def test_a_packet_that_never_came_costs_a_key_frame_only_if_someone_receives_the_layer() -> None:
    for watched in (True, False):
        camera = Camera()
        if watched:
            camera.layer.bind(Down())
        camera.send(1, now=1.0)
        camera.send(3, now=1.0)
        camera.layer.repair(1.0, 0.05)
        camera.layer.repair(1.0 + GIVE_UP_SECONDS + 0.1, 0.05)
        assert any(isinstance(report, rtcp.Pli) for report in camera.asked) is watched
        assert camera.layer.counts[3] == 1


def test_key_frames_are_asked_for_again_while_someone_waits() -> None:
    camera, down = Camera(), Down()
    camera.layer.add_waiting(down)
    camera.layer.repair(1.0, 0.05)
    camera.layer.repair(2.0, 0.05)
    assert camera.asked == [rtcp.Pli(1, 7)] * 2
    camera.send(1, key=True)
    camera.layer.repair(3.0, 0.05)
    assert len(camera.asked) == 2


def test_no_key_frame_is_asked_for_sound() -> None:
    microphone = Camera(MICROPHONE, OPUS)
    microphone.layer.add_waiting(Down())
    microphone.layer.request_keyframe(1.0)
    microphone.layer.repair(2.0, 0.05)
    assert microphone.asked == []


def test_the_end_reaches_everyone_after_what_was_collected() -> None:
    camera, bound, waiting = Camera(), Down(), Down()
    camera.layer.bind(bound)
    camera.send(1)
    camera.layer.add_waiting(waiting)
    camera.layer.close()
    assert [seqs for seqs, _ in bound.bursts] == [[1]]
    assert bound.ended == waiting.ended == [camera.layer]
    assert (bound.forgotten, waiting.forgotten) == ([CAMERA], [])
    assert camera.layer.closed
    camera.layer.request_keyframe(9.0)
    assert camera.asked == []


def test_what_left_earlier_is_forgotten_at_the_end_too() -> None:
    camera, gone = Camera(), Down()
    camera.layer.bind(gone)
    camera.layer.unbind(gone)
    camera.layer.close()
    assert (gone.ended, gone.forgotten) == ([], [CAMERA])


def test_the_rate_is_guessed_from_the_size_until_it_is_measured() -> None:
    camera = Camera()
    assert list(camera.layer.bitrates) == [GUESS_UNKNOWN]
    camera.send(1, key=True)
    assert camera.layer.size == (640, 360)
    assert list(camera.layer.bitrates) == [GUESS_BITS * 360**2]
    camera.layer.rates.rates = (100_000, 150_000)
    assert list(camera.layer.bitrates) == [100_000, 150_000]


def test_a_key_frame_is_no_part_of_the_rate() -> None:
    camera = Camera()
    camera.send(1, key=True)
    assert sum(camera.layer.rates.octets) == 0
    assert sum([camera.send(2), camera.send(3)]) == sum(camera.layer.rates.octets)


def test_a_report_says_how_long_ago_the_sender_s_came() -> None:
    camera, second = Camera(), 1 << 32
    camera.send(1)
    assert (camera.layer.report(5 * second).lsr, camera.layer.report(5 * second).dlsr) == (0, 0)
    camera.layer.sender_report = SourceReport(0x1111_2222_3333_4444, 0, 5 * second, 0)
    block = camera.layer.report(5 * second + second // 2)
    assert (block.ssrc, block.lsr, block.dlsr) == (7, 0x2222_3333, 1 << 15)


def test_counts_are_taken_once() -> None:
    camera = Camera()
    size = camera.send(1)
    assert camera.layer.take_counts()[:2] == (1, size)
    camera.send(2)
    assert camera.layer.take_counts()[:2] == (1, size)
    assert camera.layer.take_counts() == (0,) * 6
