"""Translating texts: by the best engine there is, once, and by the next where it fails."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence

import structlog

from handlers.providers.errors import ProviderError
from handlers.providers.translators import Translator
from state.domain import translation
from state.domain.errors import Code, Refusal
from state.domain.ids import new_id
from state.domain.language import same
from state.domain.translation import Translation, untouched
from state.live import translations as cache
from state.live.client import UNREACHABLE, Servers
from state.live.translations import Cached, Wanted

log = structlog.get_logger()

LOOK_SECONDS = 0.1  # at what another worker is translating just now

Translators = Mapping[str, Translator]
Made = dict[Wanted, Cached]


class Translating:
    """Translates what no reviewed text exists for. What is `private` stays in the house: it is
    read by engines of our own only, and nothing of it is kept.
    """

    def __init__(self, redis: Servers, translators: Translators) -> None:
        self._redis, self._translators = redis, translators

    async def translate(
        self,
        texts: Sequence[str],
        source: str | None,
        target: str,
        *,
        guess: str | None = None,
        private: bool = False,
        strict: bool = True,
    ) -> list[Translation]:
        """Return the texts in a language, in order; as they are where nobody speaks the pair.

        Raises PROVIDER_UNAVAILABLE where those who do, do not answer. `guess` is the language they
        are in for engines that cannot find out. What speaks of allergy no engine gets to see, and
        where one is `strict`, nothing either that names allergens.
        """
        plain = [untouched(text, source, target) for text in texts]
        wanted = [
            Wanted(each.original, source or guess or "", target)
            for each in plain
            if _translatable(each, strict) and not (source and same(source, target))
        ]
        made = await self._make(list(dict.fromkeys(wanted)), source, guess, target, private)
        return [
            _with(each, made.get(Wanted(each.original, source or guess or "", target)))
            for each in plain
        ]

    async def _make(
        self,
        missing: list[Wanted],
        source: str | None,
        guess: str | None,
        target: str,
        private: bool,
    ) -> Made:
        made: Made = {}
        tried = False
        for engine in self._chain(source or guess, target, private):
            name = engine.name
            if not missing:
                return made
            try:
                known = source
                if not await engine.speaks(source, target):
                    known = source or guess
                    if known is None or not await engine.speaks(known, target):
                        continue
                tried = True
                made |= await self._by(engine, missing, known, target, private)
            except ProviderError as exc:
                tried = True
                log.warning("an engine was passed over", engine=name, error=str(exc))
            missing = [each for each in missing if each not in made]
        if missing and tried:
            raise Refusal(Code.PROVIDER_UNAVAILABLE, "no translation engine answers at present")
        return made

    def _chain(self, source: str | None, target: str, private: bool) -> Iterator[Translator]:
        """Yield the engines that may be asked, the best first."""
        for name in translation.engines(source, target):
            engine = self._translators.get(name)
            if engine is not None and (engine.private or not private):
                yield engine

    async def _by(
        self,
        engine: Translator,
        missing: list[Wanted],
        source: str | None,
        target: str,
        private: bool,
    ) -> Made:
        """Return what one engine makes of texts, or has made of them before."""
        if private:
            return await _ask(engine, missing, source, target)
        made = await kept(self._redis, engine.name, missing)
        missing = [each for each in missing if each not in made]
        if not missing:
            return made
        if not await self._take_off(engine.name, missing):
            return made | await self._by(engine, missing, source, target, private)
        try:
            new = await _ask(engine, missing, source, target)
            await self._keep(engine.name, new)
        finally:
            await self._land(engine.name, missing)
        return made | new

    async def _take_off(self, engine: str, missing: list[Wanted]) -> bool:
        """Tell whether to ask an engine; if others just do, wait until they have."""
        try:
            if await cache.take_off(self._redis, engine, missing, new_id()):
                return True
            while await cache.flying(self._redis, engine, missing):  # noqa: ASYNC110 - elsewhere
                await asyncio.sleep(LOOK_SECONDS)
        except UNREACHABLE:
            return True
        return False

    async def _keep(self, engine: str, made: Made) -> None:
        try:
            await cache.put(self._redis, engine, made)
        except UNREACHABLE as exc:
            log.warning("translations were not kept", error=repr(exc))

    async def _land(self, engine: str, missing: list[Wanted]) -> None:
        try:
            await cache.land(self._redis, engine, missing)
        except UNREACHABLE as exc:
            log.warning("others wait for a translation", error=repr(exc))


async def kept(redis: Servers, engine: str, wanted: Sequence[Wanted]) -> Made:
    """Return what an engine has made of texts before; nothing while Redis is away."""
    try:
        found = await cache.get(redis, engine, wanted)
    except UNREACHABLE:
        return {}
    return {want: each for want, each in zip(wanted, found, strict=True) if each is not None}


def untranslatable(text: str, source: str | None, target: str) -> Translation | None:
    """Return a text as it is where no machine may, or need, translate it."""
    plain = untouched(text, source, target)
    needless = source is not None and same(source, target)
    return plain if needless or not _translatable(plain) else None


async def ready(
    redis: Servers, text: str, source: str | None, guess: str, target: str
) -> Translation | None:
    """Return a translation that needs no engine: made before by a good one, or not to be made."""
    never = untranslatable(text, source, target)
    if never is not None:
        return never
    plain = untouched(text, source, target)
    wanted = Wanted(text, source or guess, target)
    for name in translation.engines(source, target)[:2]:
        made = await kept(redis, name, [wanted])
        if made:
            return _with(plain, made[wanted])
    return None


async def _ask(engine: Translator, wanted: list[Wanted], source: str | None, target: str) -> Made:
    found = await engine.translate([each.text for each in wanted], source, target)
    return {
        want: Cached(each.text, each.source or want.source, engine.name, each.sandbox)
        for want, each in zip(wanted, found, strict=True)
    }


def _translatable(plain: Translation, strict: bool = True) -> bool:
    """Tell whether a machine may, and can, translate a text."""
    mentioned = plain.allergy or (strict and plain.allergens)
    return not mentioned and any(letter.isalpha() for letter in plain.original)


def _with(plain: Translation, made: Cached | None) -> Translation:
    if made is None:
        return plain
    return Translation(
        text=made.text,
        original=plain.original,
        source=made.source,
        target=plain.target,
        engine=made.engine,
        sandbox=made.sandbox,
    )
