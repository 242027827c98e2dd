"""Which voices are open in a large room, and who gets a voice slot."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfu_worker.call.speakers import QUIET_SECONDS, SILENT_DBOV, SpeakerRanking
from sfu_worker.call.voice_gate import KEPT_OPEN, MOST_OPEN, RECENT_SECONDS, VoiceGate, place

PACKET = 0.02


class Talk:
    """Feeds packets of 20 ms to ranking and gate, and runs their timer every 240 ms."""

    def __init__(self) -> None:
        self.ranking = SpeakerRanking()
        self.gate = VoiceGate(self.ranking)
        self.now = 100.0
        self.changes: list[tuple[str, ...]] = []
        self._packets = 0

    def packet(self, track: str, dbov: int) -> tuple[str, ...]:
        self.ranking.level(track, dbov, self.now)
        changed = self.gate.loud(track, self.now) if dbov < SILENT_DBOV else ()
        if changed:
            self.changes.append(changed)
        return changed

    def run(self, seconds: float, **levels: int) -> None:
        for _ in range(round(seconds / PACKET)):
            self.now += PACKET
            self._packets += 1
            for track, dbov in levels.items():
                self.packet(track, dbov)
            if self._packets % 12 == 0:
                self.ranking.update(self.now)
                self.gate.update(self.now)

    @property
    def open(self) -> set[str]:
        return set(self.gate)


@pytest.mark.parametrize(
    ("people", "crowded"),
    [
        ([12], False),
        ([13], True),
        ([13, 12, 11], True),
        ([13, 10], False),
        ([13, 10, 12], False),
        ([13, 10, 13], True),
    ],
)
def test_a_room_is_a_crowd_above_12_until_it_has_10(people: list[int], crowded: bool) -> None:
    gate = VoiceGate(SpeakerRanking())
    before = False
    for count in people:
        assert gate.count(count) == (gate.crowded != before)
        before = gate.crowded
    assert gate.crowded is crowded


def test_the_first_loud_packet_opens_before_any_ranking() -> None:
    talk = Talk()
    talk.run(5, ann=127, ben=60)
    assert talk.open == set()
    assert talk.packet("ann", 45) == ("ann",)
    assert talk.open == {"ann"}
    assert talk.packet("ann", 45) == ()


def test_the_last_four_who_spoke_stay_open_and_the_others_shut_after_two_seconds() -> None:
    talk = Talk()
    talk.run(1, **dict.fromkeys("abcdef", 30))
    for voice in "fedc":
        talk.run(0.1, **{voice: 30})
    talk.run(RECENT_SECONDS - 0.5, **dict.fromkeys("abcdef", 127))
    assert talk.open == set("abcdef")
    talk.run(1, **dict.fromkeys("abcdef", 127))
    assert talk.open == set("cdef")
    talk.run(60, **dict.fromkeys("abcdef", 127))
    assert talk.open == set("cdef")


def test_a_pause_in_what_somebody_says_shuts_nobody() -> None:
    talk = Talk()
    talk.run(1, **dict.fromkeys("abcdefgh", 30))
    for _ in range(5):
        talk.run(RECENT_SECONDS - 0.5, **dict.fromkeys("abcdefgh", 127))
        talk.run(0.2, **dict.fromkeys("abcdefgh", 30))
    assert talk.open == set("abcdefgh")
    assert len(talk.changes) == 8


def test_a_newcomer_takes_the_place_of_who_has_stopped_with_its_first_packet() -> None:
    talk = Talk()
    talk.run(1, **dict.fromkeys("abcdefgh", 30))
    talk.run(QUIET_SECONDS + 0.3, **dict.fromkeys("abcdefg", 30), h=127)
    assert talk.packet("new", 40) == ("new", "h")
    assert talk.open == set("abcdefg") | {"new"}


def test_with_all_places_taken_a_clearly_louder_voice_is_open_within_what_is_kept_for_it() -> None:
    talk = Talk()
    noise = dict.fromkeys("abcdefgh", 44)
    talk.run(3, **noise)
    assert talk.packet("new", 25) == ()
    talk.run(0.14, **noise, new=25)
    assert "new" in talk.open
    assert len(talk.open) == MOST_OPEN


def test_fifty_open_windows_are_eight_streams_that_stay_the_same() -> None:
    talk = Talk()
    noise = {f"w{i}": 44 + i % 3 for i in range(50)}
    talk.run(3, **noise)
    settled = talk.open
    talk.changes.clear()
    talk.run(20, **noise)
    assert len(settled) == MOST_OPEN
    assert talk.open == settled
    assert talk.changes == []


def test_who_is_gone_holds_no_place() -> None:
    talk = Talk()
    talk.run(1, ann=30)
    talk.gate.forget("ann")
    assert talk.open == set()


@given(
    st.lists(
        st.tuples(
            st.sampled_from("abcdefghijklmn"),
            st.integers(0, 127),
            st.sampled_from([0.0, 0.02, 0.3, 2.5]),
        )
    )
)
def test_never_are_more_open_than_may_and_a_loud_packet_opens_where_a_place_is_to_be_had(
    packets: list[tuple[str, int, float]],
) -> None:
    talk = Talk()
    shadow: set[str] = set()
    for track, dbov, pause in packets:
        talk.now += pause
        if pause:
            talk.ranking.update(talk.now)
            shadow -= set(talk.gate.update(talk.now))
        quiet = [other for other in talk.open if talk.ranking.score(other) == 0]
        room = len(talk.open) < MOST_OPEN or track in talk.open or bool(quiet)
        changed = talk.packet(track, dbov)
        shadow = (shadow | set(changed[:1])) - set(changed[1:])
        assert shadow == talk.open, "what was said to change is not what has changed"
        assert len(talk.open) <= MOST_OPEN
        if dbov < SILENT_DBOV and room:
            assert track in talk.open
    talk.now += RECENT_SECONDS
    talk.gate.update(talk.now)
    assert len(talk.open) <= KEPT_OPEN


@pytest.mark.parametrize(
    ("slots", "claims", "placed"),
    [
        (["", ""], {"a": 0.5}, ["a", ""]),
        (["", ""], {"a": 0.2, "b": 0.5, "c": 0.4}, ["b", "c"]),
        (["a", "b"], {"a": 0.1, "b": 0.5}, ["a", "b"]),
        # A silent voice keeps its slot until another needs it.
        (["a", "b"], {"b": 0.5}, ["a", "b"]),
        (["a", "b"], {"b": 0.5, "c": 0.1}, ["c", "b"]),
        (["a", "b"], {"a": 0.0, "b": 0.5, "c": 0.1}, ["c", "b"]),
        # Both speak: only who is clearly louder takes the slot.
        (["a", "b"], {"a": 0.4, "b": 0.5, "c": 0.5}, ["a", "b"]),
        (["a", "b"], {"a": 0.2, "b": 0.5, "c": 0.5}, ["c", "b"]),
        # Who says nothing takes a slot from nobody who is open, but from one who is held back.
        (["a"], {"a": 0.0, "c": 0.0}, ["a"]),
        (["a"], {"c": 0.0}, ["c"]),
        (["", "a"], {"a": 0.5, "c": 0.0}, ["c", "a"]),
        ([], {"a": 0.5}, []),
    ],
)
def test_voices_are_placed(slots: list[str], claims: dict[str, float], placed: list[str]) -> None:
    assert place(slots, claims) == placed


@given(
    st.lists(st.sampled_from(["", *"abcdef"]), max_size=4, unique_by=lambda x: x or object()),
    st.dictionaries(st.sampled_from("abcdef"), st.floats(-1, 1)),
)
def test_no_voice_is_in_two_slots_and_placing_twice_changes_nothing(
    slots: list[str], claims: dict[str, float]
) -> None:
    once = place(slots, claims)
    voices = [voice for voice in once if voice]
    assert len(voices) == len(set(voices))
    assert len(once) == len(slots)
    assert all(voice in slots or claims[voice] >= 0 for voice in voices)
    assert place(once, claims) == once
