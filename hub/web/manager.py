"""The paths that managers use, all under one restaurant: deny by default (PROTOCOL 7)."""

from handlers import crew, house, menu_view, photos
from handlers import menu_editor as menu
from handlers.editing import Saved
from hub.web import editing
from hub.web.edge import Route
from hub.web.editing import acting, removing, saving, setting, showing
from state.domain import edits
from state.domain.actor import MANAGERS
from state.domain.commands import Command
from state.domain.house import SaveHours, SaveSettings, SaveStation, SaveTable, Settings
from state.domain.legal import SaveLegal
from state.domain.people import SaveStaff

HERE = "/api/restaurants/{id}"


def _edited(
    path: str,
    key: str,
    save: editing.Save,
    remove: editing.Remove,
    body: type[edits.Save],
) -> list[Route]:
    """Return the routes by which one kind of thing is added, changed and removed."""
    one = f"{HERE}/{path}/{{{key}}}"
    return [
        Route(
            "POST", f"{HERE}/{path}", saving(save), MANAGERS, body=body, answer=Saved, status=201
        ),
        Route("PUT", one, saving(save, key), MANAGERS, body=body, answer=Saved),
        Route("DELETE", one, removing(remove, key), MANAGERS, query=edits.Removal, answer=Saved),
    ]


ROUTES = [
    Route(
        "GET", f"{HERE}/menu/edit", showing(menu_view.show), MANAGERS, answer=menu_view.EditedMenu
    ),
    Route(
        "PUT", f"{HERE}/menu/order", setting(menu.sort), MANAGERS, body=edits.SortMenu, answer=Saved
    ),
    *_edited(
        "menu/categories", "category", menu.save_category, menu.remove_category, edits.SaveCategory
    ),
    *_edited("menu/items", "item", menu.save_item, menu.remove_item, edits.SaveItem),
    *_edited("menu/groups", "group", menu.save_group, menu.remove_group, edits.SaveGroup),
    Route(
        "PUT",
        f"{HERE}/menu/items/{{item}}/photo",
        editing.save_photo,
        MANAGERS,
        body="image/*",
        answer=Saved,
    ),
    Route(
        "DELETE",
        f"{HERE}/menu/items/{{item}}/photo",
        acting(photos.remove, "item"),
        MANAGERS,
        answer=Saved,
    ),
    Route("GET", "/api/photos/{photo}/{size}", editing.photo, answer="image/webp"),
    Route("GET", f"{HERE}/house", showing(house.show), MANAGERS, answer=house.House),
    *_edited("tables", "table", house.save_table, house.remove_table, SaveTable),
    Route(
        "POST",
        f"{HERE}/tables/{{table}}/code",
        editing.renew_code,
        MANAGERS,
        body=Command,
        answer=Saved,
    ),
    *_edited("stations", "station", house.save_station, house.remove_station, SaveStation),
    Route(
        "PUT",
        f"{HERE}/settings",
        setting(house.save_settings),
        MANAGERS,
        body=SaveSettings,
        answer=Settings,
    ),
    Route(
        "PUT", f"{HERE}/hours", setting(house.save_hours), MANAGERS, body=SaveHours, answer=Settings
    ),
    Route(
        "PUT", f"{HERE}/legal", setting(house.save_legal), MANAGERS, body=SaveLegal, answer=Settings
    ),
    Route("GET", f"{HERE}/staff", showing(crew.show), MANAGERS, answer=crew.Crew),
    *_edited("staff", "staff", crew.save, crew.remove, SaveStaff),
    Route("GET", f"{HERE}/devices", showing(crew.devices), MANAGERS, answer=crew.Devices),
    Route(
        "DELETE",
        f"{HERE}/devices/{{device}}",
        acting(crew.revoke_device, "device"),
        MANAGERS,
        answer=Saved,
    ),
    Route(
        "DELETE",
        f"{HERE}/sessions/{{session}}",
        acting(crew.revoke_session, "session"),
        MANAGERS,
        answer=Saved,
    ),
]
