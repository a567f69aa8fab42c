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
