"""Messages to plain values and back. Decoding checks every type and raises one error."""

from __future__ import annotations

import dataclasses
import types
import typing
from typing import Any, Literal

from sfu_worker.wire.commands import Command
from sfu_worker.wire.common import WireError
from sfu_worker.wire.events import Event

Message = Command | Event


def _snake(name: str) -> str:
    return "".join("_" + c.lower() if c.isupper() else c for c in name).lstrip("_")


# Every message by its name: ``Join`` is ``join``, ``PatchIce`` is ``patch_ice``.
COMMANDS: dict[str, type] = {_snake(c.__name__): c for c in typing.get_args(Command)}
EVENTS: dict[str, type] = {_snake(c.__name__): c for c in typing.get_args(Event)}
NAMES: dict[type, str] = {c: name for name, c in (COMMANDS | EVENTS).items()}


def encode(message: Message) -> dict[str, Any]:
    """Turn a message into lists, dicts, strings, numbers and None; ``type`` holds its name."""
    body = dataclasses.asdict(message)
    body["type"] = NAMES[type(message)]
    return body


def decode(body: Any) -> Message:
    """Turn the result of ``encode`` back into a message. Raises WireError for anything else."""
    if not isinstance(body, dict) or not isinstance(body.get("type"), str):
        raise WireError("a message is an object with a type")
    cls = COMMANDS.get(body["type"]) or EVENTS.get(body["type"])
    if cls is None:
        raise WireError(f"unknown message type {body['type'][:40]!r}")
    return typing.cast("Message", build(cls, {k: v for k, v in body.items() if k != "type"}))


def seal(message: Message, fence: int = 0) -> dict[str, Any]:
    """The message as it travels over the channel layer.

    ``fence`` is that of the room's holder; 0 if the message is not about a room that is held.
    """
    kind = "sfu_command" if NAMES[type(message)] in COMMANDS else "sfu_event"
    return {"type": kind, "body": encode(message), "fence": fence}


def unseal(sealed: Any) -> tuple[Message, int]:
    """The message and the fence of what ``seal`` made. Raises WireError for anything else."""
    if not isinstance(sealed, dict) or type(sealed.get("fence")) is not int:
        raise WireError("a message travels with a fence")
    return decode(sealed.get("body")), sealed["fence"]


def build(cls: type, values: dict[str, Any]) -> Any:
    """Make an object of the dataclass ``cls`` from plain values.

    Raises WireError if a field is unknown, missing or of the wrong type.
    """
    hints = _hints(cls)
    if not set(values) <= set(hints):
        raise WireError(f"{cls.__name__}: unknown field")
    try:
        return cls(**{k: _convert(hints[k], v) for k, v in values.items()})
    except TypeError as exc:
        raise WireError(f"{cls.__name__}: a field is missing") from exc


_HINTS: dict[type, dict[str, Any]] = {}


def _hints(cls: type) -> dict[str, Any]:
    if cls not in _HINTS:
        _HINTS[cls] = typing.get_type_hints(cls)
    return _HINTS[cls]


def _convert(hint: Any, value: Any) -> Any:
    """Check ``value`` against a type hint, building nested dataclasses."""
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        return _optional(args, value)
    if origin is Literal:
        if value not in args:
            raise WireError("a value is not one of those allowed")
        return value
    if origin is list:
        _expect(value, list | tuple, "a list")
        return [_convert(args[0], item) for item in value]
    if origin is dict:
        _expect(value, dict, "an object")
        return {_convert(args[0], k): _convert(args[1], v) for k, v in value.items()}
    if dataclasses.is_dataclass(hint):
        _expect(value, dict, "an object")
        return build(typing.cast(type, hint), value)
    if type(value) is not hint:
        raise WireError(f"{hint.__name__} was expected")
    return value


def _optional(args: tuple[Any, ...], value: Any) -> Any:
    """As ``_convert``, for the parts of ``X | None``."""
    if value is None and type(None) in args:
        return None
    return _convert(next(a for a in args if a is not type(None)), value)


def _expect(value: Any, kind: type | types.UnionType, name: str) -> None:
    if not isinstance(value, kind):
        raise WireError(f"{name} was expected")
