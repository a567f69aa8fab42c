"""What lets a hub use the stand-ins. It imports next to nothing: who starts them is in a hurry."""

from collections.abc import Mapping

KEY = "sandbox"
ADDRESS, MASTER = f"0:{64 * '7'}", f"0:{64 * '8'}"  # nobody has their keys
CITY = -2140479  # where Booking.com has hotels


def environment(root: str, hub: str, mail: int) -> dict[str, dict[str, str]]:
    """Return the variables by which a hub uses the stand-ins at an address, by company.

    `hub` is where they reach it, with what they tell by themselves; `mail` the mail server's port.
    """
    return {
        "deepl": {"DEEPL_API_KEY": KEY, "DEEPL_BASE_URL": f"{root}/deepl"},
        "azure": {
            "AZURE_TRANSLATOR_KEY": KEY,
            "AZURE_TRANSLATOR_BASE_URL": f"{root}/azure",
        },
        "libretranslate": {"LIBRETRANSLATE_URL": f"{root}/libretranslate"},
        "booking": {
            "BOOKING_API_TOKEN": KEY,
            "BOOKING_AFFILIATE_ID": "1",
            "BOOKING_CITY": str(CITY),
            "BOOKING_BASE_URL": f"{root}/booking",
        },
        "cloudbeds": {
            "CLOUDBEDS_API_KEY": KEY,
            "CLOUDBEDS_WEBHOOK_SECRET": KEY,
            "CLOUDBEDS_BASE_URL": f"{root}/cloudbeds",
        },
        "zodomus": {
            "ZODOMUS_USER": KEY,
            "ZODOMUS_PASSWORD": KEY,
            "ZODOMUS_BASE_URL": f"{root}/zodomus",
        },
        "airalo": {
            "AIRALO_CLIENT_ID": KEY,
            "AIRALO_CLIENT_SECRET": KEY,
            "AIRALO_BASE_URL": f"{root}/airalo",
            "AIRALO_WEBHOOK_URL": f"{hub}/webhooks/airalo",
        },
        "stripe": {
            "STRIPE_API_KEY": KEY,
            "STRIPE_WEBHOOK_SECRET": KEY,
            "STRIPE_BASE_URL": f"{root}/stripe",
        },
        "smtp": {"SMTP_URL": f"smtp://127.0.0.1:{mail}", "MAIL_FROM": "hub@sandbox.test"},
        "toncenter": {
            "TON_ADDRESS": ADDRESS,
            "TON_NETWORK": "testnet",
            "TON_USDT_MASTER": MASTER,
            "TON_API_KEY": KEY,
            "TON_BASE_URL": f"{root}/toncenter/api/v3",
            "TON_WALLET_URL": f"{root}/toncenter/",
            "TON_RATES_URL": f"{root}/tonrates/v2",
        },
    }


def instead(root: str, hub: str, mail: int, given: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of those companies of which an environment says nothing."""
    companies = environment(root, hub, mail).values()
    unknown = [known for known in companies if not any(map(given.get, known))]
    return {name: value for known in unknown for name, value in known.items()}
