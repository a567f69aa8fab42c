"""A manager's desk: asks the API of one restaurant, as its manager unless told otherwise."""

from typing import Any

from tests.place import Place
from tests.routes import error_of


class Desk:
    """Sends requests under the restaurant's own path; `refused` wants a no and returns it."""

    def __init__(self, place: Place, token: str, node: int = 0) -> None:
        self.place, self.token, self.node = place, token, node

    async def get(self, path: str) -> Any:
        status, answer = await self.ask("GET", path)
        assert status == 200, answer
        return answer

    async def post(self, path: str, **body: Any) -> Any:
        status, answer = await self.ask("POST", path, body)
        assert status == 201, answer
        return answer

    async def put(self, path: str, **body: Any) -> Any:
        status, answer = await self.ask("PUT", path, body)
        assert status == 200, answer
        return answer

    async def delete(self, path: str) -> Any:
        status, answer = await self.ask("DELETE", path)
        assert status == 200, answer
        return answer

    async def refused(self, method: str, path: str, body: Any = None) -> tuple[str, str | None]:
        """Return the code of the refusal, and the first field that it names."""
        _, answer = await self.ask(method, path, body)
        error = error_of(answer)
        details = error.get("details")
        return error["code"], details[0]["path"] if isinstance(details, list) else None

    async def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        whole = f"/api/restaurants/{self.place.id}/{path}"
        return await self.place.ask(method, whole, body, self.token, self.node)


async def desk(place: Place, role: str = "manager", node: int = 0) -> Desk:
    return Desk(place, await place.login(role), node)


def as_body(thing: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Return something the API showed as a body that would change nothing but the changes."""
    known = {k: v for k, v in thing.items() if k not in ("id", "version", *SHOWN_ONLY)}
    return {**known, "expectedVersion": thing["version"], **changes}


SHOWN_ONLY = ("available", "quantity", "photo", "everywhere", "hasPin", "keyVersion")
