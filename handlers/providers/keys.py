"""Where other companies' services are, and what lets us in: read from the environment."""

from typing import Literal

import msgspec


class Keys(msgspec.Struct, frozen=True, rename="upper", kw_only=True):
    """Each field is the environment variable of its name; without its key a service is not used."""

    deepl_api_key: str = ""
    deepl_base_url: str = ""
    azure_translator_key: str = ""
    azure_translator_region: str = ""
    azure_translator_base_url: str = "https://api.cognitive.microsofttranslator.com"
    azure_translator_version: Literal["3.0", "2026-06-06"] = "2026-06-06"
    libretranslate_url: str = ""
    libretranslate_api_key: str = ""
    apertium_home: str = ""
    deepl_voice: bool = False
    azure_speech_key: str = ""
    azure_speech_region: str = ""
    azure_speech_base_url: str = ""
    espeak_home: str = ""
    # Airalo has no other address for its sandbox: it is a mode of the account, which only its
    # owner knows. Without an address where it can reach us, orders are carried out while we wait.
    airalo_client_id: str = ""
    airalo_client_secret: str = ""
    airalo_base_url: str = "https://partners-api.airalo.com"
    airalo_sandbox: bool = False
    airalo_webhook_url: str = ""
    booking_api_token: str = ""
    booking_affiliate_id: int = 0
    booking_base_url: str = "https://demandapi.booking.com"
    booking_version: Literal["3.2"] = "3.2"
    booking_country: str = "us"
    booking_city: int = 0
    cloudbeds_api_key: str = ""
    cloudbeds_base_url: str = "https://api.cloudbeds.com/api/v1.3"
    cloudbeds_webhook_secret: str = ""
    zodomus_user: str = ""
    zodomus_password: str = ""
    zodomus_base_url: str = "https://api.zodomus.com"
    # Letters: smtps://user:password@host, or smtp:// with STARTTLS; and the address they come from.
    smtp_url: str = ""
    mail_from: str = ""
    stripe_api_key: str = ""
    stripe_webhook_secret: str = ""
    stripe_base_url: str = "https://api.stripe.com"
    # Payments in TON only ever come in: what takes them could not send a coin. What a coin is worth
    # has no address by itself: who offers prices to be paid by, not only shown, is to be chosen.
    ton_address: str = ""
    ton_network: Literal["mainnet", "testnet"] = "mainnet"
    ton_coin_name: str = "GRAM"
    ton_usdt_master: str = ""
    ton_api_key: str = ""
    ton_base_url: str = "https://toncenter.com/api/v3"
    ton_rates_url: str = ""
    ton_rates_key: str = ""
    ton_rates_token: str = "gram"
    ton_wallet_url: str = "https://app.tonkeeper.com/"
    # Who mints proofs of purchase: a wallet of its own, with coins for that and no more.
    ton_collection_address: str = ""
    ton_collection_mnemonic: str = ""
