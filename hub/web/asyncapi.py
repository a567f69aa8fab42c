"""`/asyncapi.json`: what goes over the socket, as AsyncAPI 3 has it."""

from typing import Any

from hub.web import reference, shapes
from hub.web.reference import VERSION, Command, Heard

ABOUT = (
    "Socket.IO protocol 5 over Engine.IO 4, path `/socket.io/`, default namespace, with"
    " `auth: {token}`. A command is sent as `emit(name, payload, ack)` and always acknowledged."
    " An event comes with its data, then its meta, then its offset in the log as a string."
)
Json = dict[str, Any]


def document() -> Json:
    """Return the whole document."""
    commands, events = reference.commands(), reference.events()
    schema_of, schemas = reference.schemas(reference.types([]))
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "OneMoment Hub", "version": VERSION, "description": ABOUT},
        "defaultContentType": "application/json",
        "servers": {
            "hub": {
                "host": "{host}",
                "pathname": "/socket.io/",
                "protocol": "wss",
                "variables": {"host": {"default": "localhost:8000"}},
            }
        },
        "channels": {
            "commands": _commands(commands, schema_of),
            "connection": _connection(events),
            **{_key(room): _room(room, about, events) for room, about in reference.ROOMS.items()},
        },
        "operations": {
            **{_key(command.name): _send(command) for command in commands},
            **{f"hear.{_key(room)}": _hear(room, events) for room in reference.ROOMS},
            "hear.connection": _heard("connection", [e for e in events if not e.rooms]),
        },
        "components": {
            "schemas": schemas,
            "messages": {_key(event.name): _message(event, schema_of) for event in events},
        },
    }


def _commands(commands: list[Command], schema_of: dict[Any, Any]) -> Json:
    messages: Json = {}
    for command in commands:
        messages[_key(command.name)] = {
            "name": command.name,
            "summary": command.about,
            "payload": schema_of[command.payload],
        }
        messages[f"{_key(command.name)}.ack"] = {
            "name": f"{command.name} ack",
            "payload": {"oneOf": [_answer(command, schema_of), schema_of[shapes.Failure]]},
        }
    return {
        "address": "/",
        "description": "What clients ask. Sent on the default namespace.",
        "messages": messages,
    }


def _answer(command: Command, schema_of: dict[Any, Any]) -> Json:
    data = {} if command.data is None else {"data": schema_of[command.data]}
    return {
        "type": "object",
        "properties": {
            "ok": {"const": True},
            **data,
            "seq": {"type": "integer"},
            "version": {"type": "integer"},
        },
        "required": ["ok", *data],
    }


def _connection(events: list[Heard]) -> Json:
    return {
        "address": "/",
        "description": "What one connection is told, without a place in the log.",
        "messages": _messages(event for event in events if not event.rooms),
    }


def _room(room: str, about: str, events: list[Heard]) -> Json:
    names = [part.strip("{}") for part in room.split(":") if part.startswith("{")]
    return {
        "address": room,
        "description": about,
        "parameters": {name: {} for name in names},
        "messages": _messages(event for event in events if room in event.rooms),
    }


def _messages(events: Any) -> Json:
    return {
        _key(event.name): {"$ref": f"#/components/messages/{_key(event.name)}"} for event in events
    }


def _message(event: Heard, schema_of: dict[Any, Any]) -> Json:
    found = {"name": event.name, "summary": event.about, "payload": schema_of[event.data]}
    return found | ({"headers": schema_of[shapes.Meta]} if event.rooms else {})


def _send(command: Command) -> Json:
    own = "#/channels/commands/messages/" + _key(command.name)
    channel = {"$ref": "#/channels/commands"}
    return {
        "action": "receive",
        "channel": channel,
        "summary": command.about,
        "messages": [{"$ref": own}],
        "reply": {"channel": channel, "messages": [{"$ref": f"{own}.ack"}]},
        "x-roles": sorted(command.roles),
        "x-positional": list(command.positional),
    }


def _hear(room: str, events: list[Heard]) -> Json:
    return _heard(_key(room), [event for event in events if room in event.rooms])


def _heard(channel: str, events: list[Heard]) -> Json:
    return {
        "action": "send",
        "channel": {"$ref": f"#/channels/{channel}"},
        "messages": [
            {"$ref": f"#/channels/{channel}/messages/{_key(event.name)}"} for event in events
        ],
    }


def _key(name: str) -> str:
    """Return a name as the keys of the document may be spelled."""
    return name.replace(":", ".").replace("{", "").replace("}", "").replace("*", "any")
