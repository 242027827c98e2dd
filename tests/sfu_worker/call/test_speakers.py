from hypothesis import given
from hypothesis import strategies as st

from sfu_worker.call.speakers import SpeakerRanking


class Talk:
    """Feeds packets of 20 ms and asks for the ranking every 240 ms."""

    def __init__(self) -> None:
        self.ranking = SpeakerRanking()
        self.now = 100.0
        self.changes: list[list[str]] = []

    def run(self, seconds: float, **levels: int | tuple[int, ...]) -> list[str]:
        for i in range(round(seconds / 0.02)):
            self.now += 0.02
            for track, level in levels.items():
                self.ranking.level(
                    track, level[i % len(level)] if isinstance(level, tuple) else level, self.now
                )
            if i % 12 == 11:
                changed = self.ranking.update(self.now)
                if changed is not None:
                    self.changes.append(changed)
        return self.changes[-1] if self.changes else []


def test_whoever_speaks_is_found_within_half_a_second() -> None:
    talk = Talk()
    assert talk.run(0.5, ann=30, bob=127) == ["ann"]


def test_nobody_speaks_in_a_quiet_room() -> None:
    assert Talk().run(5, ann=60, bob=127, eve=55) == []


def test_a_short_noise_does_not_make_a_speaker() -> None:
    talk = Talk()
    noise = (10,) + (127,) * 49
    assert talk.run(5, ann=noise) == []


def test_silence_ends_speaking_within_about_a_second() -> None:
    talk = Talk()
    talk.run(3, ann=25)
    assert talk.run(1.2, ann=127) == []


def test_packets_that_stop_end_speaking_within_about_a_second() -> None:
    talk = Talk()
    talk.run(3, ann=25)
    assert talk.run(1.2, bob=127) == []


def test_pauses_between_words_do_not_make_the_list_flap() -> None:
    talk = Talk()
    words = (28,) * 20 + (80,) * 12
    talk.run(20, ann=words)
    assert talk.changes == [["ann"]]


def test_a_soft_voice_that_stops_to_think_stays_in_the_list() -> None:
    talk = Talk()
    talk.run(20, ann=(38,) * 40 + (80,) * 30)
    assert talk.changes == [["ann"]]


def test_two_who_are_about_equally_loud_keep_their_places() -> None:
    talk = Talk()
    talk.run(2, ann=30)
    talk.run(10, ann=(30, 32), bob=(32, 29))
    assert talk.changes == [["ann"], ["ann", "bob"]]


def test_a_clearly_louder_one_overtakes() -> None:
    talk = Talk()
    talk.run(2, ann=40)
    assert talk.run(2, ann=40, bob=20) == ["bob", "ann"]


def test_a_forgotten_track_is_left_out_of_the_next_update() -> None:
    talk = Talk()
    talk.run(2, ann=30, bob=35)
    talk.ranking.forget("ann")
    assert talk.ranking.update(talk.now) == ["bob"]
    assert talk.ranking.update(talk.now) is None


@given(
    st.lists(
        st.tuples(st.sampled_from("abcd"), st.integers(0, 127), st.floats(0, 0.5)), max_size=200
    )
)
def test_the_ranking_names_each_known_track_at_most_once(
    packets: list[tuple[str, int, float]],
) -> None:
    ranking, now = SpeakerRanking(), 0.0
    for track, level, pause in packets:
        now += pause
        ranking.level(track, level, now)
        changed = ranking.update(now) or []
        assert len(changed) == len(set(changed))
        assert set(changed) <= set("abcd")
