"""The names in Redis do not collide."""

from __future__ import annotations

import inspect
from collections.abc import Callable

from sfu_worker.wire import keys


def names(argument: str) -> list[str]:
    """Every key of the project, made from the same argument."""
    functions: list[Callable[..., str]] = [
        function for name, function in inspect.getmembers(keys) if name.endswith("_key")
    ]
    made = [f(*[argument] * len(inspect.signature(f).parameters)) for f in functions]
    return [
        *made,
        keys.WORKERS_KEY,
        keys.CALLS_STREAM,
        keys.ERA_KEY,
        keys.FENCE_KEY,
        keys.CHANGED_CHANNEL,
    ]


def test_no_two_keys_are_alike_whatever_a_room_is_called() -> None:
    made = [*names("garden"), *names("worker"), *names("room"), *names("numbers")]
    constants = 5 * 3  # they are in each of the four lists
    assert len(made) > 4 * 10
    assert len(set(made)) == len(made) - constants
    assert all(name.startswith(f"{keys.PREFIX}:") for name in made)


def test_rooms_and_people_have_keys_of_their_own() -> None:
    assert keys.room_key("a") != keys.room_key("b")
    assert keys.throttle_key("join", "POST", "1") != keys.throttle_key("join", "GET", "1")


def test_a_room_outlives_its_worker() -> None:
    assert keys.ROOM_TTL_SECONDS > keys.WORKER_TTL_SECONDS
