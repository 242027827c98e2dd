"""Who is still there: somebody lives in the call while their socket or their media lives. Pure.

``Leases`` knows which sockets live, from what web processes write of themselves; ``Presence``
counts for one participant how long nobody has been there. All times are seconds of the worker's own
monotonic clock. Time in which the worker stood still, or did not reach Redis, does not count.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sfu_worker import wire

# A socket is gone if its web process has not listed it under a new beat for so long. Processes
# write their leases once a second.
LEASE_SECONDS = 5.0

# The same for a web process whose lease has never been seen: it may have died before its first, or
# be of a version that writes none.
UNSEEN_SECONDS = 60.0

# After an outage of Redis, web processes need a moment to write their leases again.
GRACE_SECONDS = 10.0

# Steps follow each other once a second. After a longer pause it was the worker, or Redis, that was
# away.
PAUSE_SECONDS = 3.0


class Presence:
    """Since when nobody has been there for one participant."""

    def __init__(self) -> None:
        # None: somebody is there.
        self.alone_since: float | None = None
        self._noted_at: float | None = None

    def note(self, *, socket: bool, media: bool, now: float) -> None:
        """About once a second: whether their socket and their media live."""
        pause = now - self._noted_at if self._noted_at is not None else 0.0
        self._noted_at = now
        if socket or media:
            self.alone_since = None
        elif self.alone_since is None:
            self.alone_since = now
        elif pause > PAUSE_SECONDS:
            self.alone_since += pause

    def over(self, now: float) -> bool:
        """Whether nobody has been there for too long."""
        return self.alone_since is not None and now - self.alone_since > wire.DETACHED_SECONDS


class Leases:
    """Which reply channels have a living socket, as the leases of their web processes say.

    Ask for ``wanted``, read ``beat`` and the channels from each ``wire.web_key``, and hand the
    values to ``take``. A channel that belongs to no process, such as a stream's, always lives.
    """

    def __init__(self) -> None:
        # When each channel was last listed under a new beat.
        self._listed: dict[str, float] = {}
        self._beats: dict[str, str] = {}
        self._answered_at: float | None = None

    @staticmethod
    def wanted(channels: Iterable[str]) -> dict[str, list[str]]:
        """The channels whose leases are to be read, by process."""
        found: dict[str, list[str]] = {}
        for channel in channels:
            process = wire.process_of(channel)
            if process:
                found.setdefault(process, []).append(channel)
        return found

    def take(
        self,
        wanted: Mapping[str, Sequence[str]],
        values: Mapping[str, Sequence[str | None]],
        now: float,
    ) -> None:
        """What Redis answered: for each process its beat, then a value for each wanted channel.

        Channels that are not wanted any more are forgotten.
        """
        if self._answered_at is not None and now - self._answered_at > PAUSE_SECONDS:
            self._forgive(now)
        listed: dict[str, float] = {}
        for process, channels in wanted.items():
            beat, *marks = values[process]
            # A missing lease is none that has stopped: Redis may have come back empty.
            fresh = beat is not None and beat != self._beats.get(process)
            for channel, mark in zip(channels, marks, strict=True):
                at = self._listed.get(channel, now)
                listed[channel] = now if fresh and mark is not None else at
        beats = {process: values[process][0] for process in wanted}
        self._beats = {
            process: beat
            for process in wanted
            if (beat := beats[process] or self._beats.get(process)) is not None
        }
        self._listed = listed
        self._answered_at = now

    def lives(self, channel: str) -> bool:
        """Whether the socket behind ``channel`` lived at the last answer.

        A channel that Redis has not been asked about yet lives.
        """
        if self._answered_at is None or channel not in self._listed:
            return True
        seen = wire.process_of(channel) in self._beats
        silent = self._answered_at - self._listed[channel]
        return silent <= (LEASE_SECONDS if seen else UNSEEN_SECONDS)

    def _forgive(self, now: float) -> None:
        """Give every socket that lived before an outage time to be listed again."""
        until = now + GRACE_SECONDS - LEASE_SECONDS
        self._listed = {
            channel: until if self.lives(channel) else at for channel, at in self._listed.items()
        }
