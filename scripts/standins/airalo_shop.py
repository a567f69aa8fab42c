"""What the stand-in of Airalo sells, and what it has sold."""

import itertools
import re
import secrets
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple

# By days and megabytes (0: unlimited): the price.
PLANS = {(7, 1024): "4.5", (30, 3072): "9", (30, 10240): "19", (7, 0): "24"}
TOPUPS = {(7, 1024): "4", (30, 3072): "8.5"}
REGIONS = {"World": ("DE", "FR", "GB", "JP", "US"), "Europe": ("DE", "FR", "GB")}
PLACE = re.compile(r"sandbox-([a-z]{2}|world|europe)-")
LISTED = ("DE", "FR", "JP", "TR", "US")
HOST = "lpa.airalo.com"

# Packages that cannot be had, each in its own way: the number that their order is refused with.
TROUBLE = {
    "test-insufficient-balance-7days-1gb": 11,
    "test-maintenance-mode-7days-1gb": 13,
    "test-not-enough-7days-1gb": 33,
    "test-out-of-stock-7days-1gb": 34,
}
NO_TOPUP = "test-disabled-top-up-7days-1gb"
TEST_COUNTRY = "ZZ"  # ours alone: it lists them, so that a screen can show them too

REASONS = {
    11: "Insufficient Airalo Credit for the requested operation",
    13: "The operator is currently undergoing maintenance",
    23: "Top-up is disabled for this eSIM",
    33: "Insufficient stock of eSIMs remaining",
    34: "The requested eSIM package is invalid or out of stock",
    73: "The eSIM has been recycled. It can no longer be used or topped up.",
}


class Sold(NamedTuple):
    """An order, as it is told, and its eSIMs' numbers."""

    order: dict[str, Any]
    iccids: list[str]


def price(text: str) -> float | int:
    value = Decimal(text)
    return int(value) if value == value.to_integral_value() else float(value)


def offer(package_id: str, days: int, megabytes: int, cost: str, kind: str) -> dict[str, Any]:
    size = f"{megabytes // 1024} GB" if megabytes else "Unlimited"
    return {
        "id": package_id,
        "type": kind,
        "price": price(cost),
        "net_price": price(str(Decimal(cost) * Decimal("0.8"))),
        "amount": megabytes,
        "day": days,
        "is_unlimited": not megabytes,
        "title": f"{size} - {days} Days",
        "data": size,
        "voice": None,
        "text": None,
    }


def packages(prefix: str) -> list[dict[str, Any]]:
    return [
        offer(
            f"{prefix}{days}days-{f'{mb // 1024}gb' if mb else 'unlimited'}", days, mb, cost, "sim"
        )
        for (days, mb), cost in PLANS.items()
    ]


def topups(prefix: str) -> list[dict[str, Any]]:
    return [
        offer(f"{prefix}{days}days-{mb // 1024}gb-topup", days, mb, cost, "topup")
        for (days, mb), cost in TOPUPS.items()
    ]


def country(code: str, with_topups: bool) -> dict[str, Any]:
    """Return a country as it is listed."""
    prefix = f"sandbox-{code.lower()}-"
    found = packages(prefix) + (topups(prefix) if with_topups else [])
    if code == TEST_COUNTRY:
        found = [offer(each, 7, 1024, "4.5", "sim") for each in (*TROUBLE, NO_TOPUP)]
    return place(code, f"Sandbox {code}", (code,), found)


def many(name: str, codes: tuple[str, ...], with_topups: bool) -> dict[str, Any]:
    """Return a region as it is listed."""
    prefix = f"sandbox-{name.lower()}-"
    found = packages(prefix) + (topups(prefix) if with_topups else [])
    return place("", f"Sandbox {name}", codes, found)


def place(
    code: str, operator: str, codes: tuple[str, ...], found: list[dict[str, Any]]
) -> dict[str, Any]:
    return {
        "slug": code.lower() or operator.lower().replace(" ", "-"),
        "country_code": code,
        "title": code or operator,
        "operators": [
            {
                "id": 1,
                "type": "local" if code else "global",
                "title": operator,
                "plan_type": "data",
                "activation_policy": "first-usage",
                "is_roaming": True,
                "countries": [{"country_code": each, "title": each} for each in codes],
                "packages": found,
            }
        ],
    }


def find(package_id: str) -> dict[str, Any] | None:
    """Return the package of an id, as it is listed."""
    if package_id in (*TROUBLE, NO_TOPUP):
        return offer(package_id, 7, 1024, "4.5", "sim")
    found = PLACE.match(package_id)
    known = packages(found[0]) + topups(found[0]) if found else []
    return next((each for each in known if each["id"] == package_id), None)


class Ledger:
    """What was sold, what is left of it, and of our money."""

    def __init__(self, balance: str) -> None:
        self.balance = Decimal(balance)
        self.sold: list[Sold] = []
        self.sims: dict[str, dict[str, Any]] = {}
        self.usage: dict[str, dict[str, Any]] = {}
        self.package_of: dict[str, str] = {}
        self.history: dict[str, list[dict[str, Any]]] = {}
        self._numbers = itertools.count(1)

    def sell(self, package: dict[str, Any], quantity: int, description: str | None) -> Sold:
        order = self._order(package, quantity, description, "sim")
        cards = [self._card(package) for _ in range(quantity)]
        sold = Sold({**order, "sims": cards}, [card["iccid"] for card in cards])
        self.sold.append(sold)
        return sold

    def top_up(self, package: dict[str, Any], iccid: str, description: str | None) -> Sold:
        sold = Sold(self._order(package, 1, description, "topup"), [iccid])
        self.sold.append(sold)
        usage = self.usage[iccid]
        usage["total"] += package["amount"]
        usage["remaining"] += package["amount"]
        usage["status"] = "ACTIVE"
        self.history[iccid].append(package)
        return sold

    def use(self, iccid: str, megabytes: int) -> None:
        """Let somebody use some of an eSIM's data."""
        usage = self.usage[iccid]
        usage["remaining"] = max(0, usage["remaining"] - megabytes)
        usage["status"] = "ACTIVE" if usage["remaining"] or usage["is_unlimited"] else "FINISHED"

    def _order(
        self, package: dict[str, Any], quantity: int, description: str | None, kind: str
    ) -> dict[str, Any]:
        self.balance -= Decimal(str(package["net_price"])) * quantity
        number, now = next(self._numbers), datetime.now(UTC)
        return {
            "id": number,
            "code": f"{now:%Y%m%d}-{number:06}",
            "currency": "USD",
            "package_id": package["id"],
            "quantity": str(quantity),
            "type": kind,
            "description": description,
            "esim_type": "Prepaid",
            "validity": package["day"],
            "package": package["title"],
            "data": package["data"],
            "price": package["price"],
            "net_price": package["net_price"],
            "created_at": f"{now:%Y-%m-%d %H:%M:%S}",
        }

    def _card(self, package: dict[str, Any]) -> dict[str, Any]:
        """Return a new eSIM: whoever looks at it sees that it is for tests."""
        iccid = f"8900000{secrets.randbelow(10**12):012}"
        code = f"TEST-{secrets.token_hex(4).upper()}"
        text = f"LPA:1${HOST}${code}"
        self.sims[iccid] = card = {
            "id": len(self.sims) + 1,
            "created_at": f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S}",
            "iccid": iccid,
            "lpa": HOST,
            "matching_id": code,
            "qrcode": text,
            "qrcode_url": f"https://sandbox.airalo.com/qr?id={iccid}",
            "direct_apple_installation_url": (
                f"https://esimsetup.apple.com/esim_qrcode_provisioning?carddata={text}"
            ),
            "apn_type": "automatic",
            "apn_value": None,
            "is_roaming": True,
            "confirmation_code": None,
            "msisdn": None,
            "apn": {"ios": {"apn_type": "automatic", "apn_value": None}},
        }
        self.usage[iccid] = {
            "remaining": package["amount"],
            "total": package["amount"],
            "expired_at": None,
            "is_unlimited": package["is_unlimited"],
            "status": "NOT_ACTIVE",
            "remaining_voice": 0,
            "remaining_text": 0,
            "total_voice": 0,
            "total_text": 0,
        }
        self.package_of[iccid], self.history[iccid] = package["id"], [package]
        return card
