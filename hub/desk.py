"""Commands about work for other companies: what can be answered at once is, the rest are jobs."""

from msgspec.structs import replace

from handlers import boards, conversations, hotels, jobs, payments, purchases, translation, voice
from handlers.translating import ready, untranslatable
from handlers.translation import Offloaded
from handlers.unit import carry_out
from hub.connection import Connection
from hub.entry import Reply
from hub.reception import Reception
from state.domain.bill_commands import PayBill, PayCharge
from state.domain.change import Answer
from state.domain.commands import JobCommand, TranslateText, TranslateVoice
from state.domain.hotel_commands import BookingCommand
from state.domain.translation import Translation


class Desk(Reception):
    """Whoever asks here hears how it goes on, though they have joined nothing else."""

    async def job_get(self, cmd: JobCommand, conn: Connection) -> Reply:
        """Tell how it goes with a job, and from then on what becomes of it."""
        _, rid = await jobs.get(cmd.job_id, conn.actor, self._deps)
        await self._joins.listen(rid, conn)
        told, _ = await jobs.get(cmd.job_id, conn.actor, self._deps)
        return Reply(Answer(ok=True, data=told))

    async def translate_text(self, cmd: TranslateText, conn: Connection) -> Reply:
        """Translate a text: the answer has a `result`, or a `jobId` whose result follows.

        With a `sessionId` it is said in the conversation at that table, and the `message` returned.
        """
        await translation.require_modest(cmd, conn.actor, self._deps)
        if cmd.session_id is not None:
            return Reply(await carry_out(conversations.say, cmd, conn.actor, self._deps))
        rid = jobs.place_of(cmd.restaurant_id, conn.actor)
        await boards.require_restaurant(rid, conn.actor, self._deps)
        found = await self._ready(cmd, conn)
        if found is not None:
            return Reply(Answer(ok=True, data=Offloaded(result=found)))
        await self._joins.listen(rid, conn)
        placed = replace(cmd, restaurant_id=rid)
        return Reply(await carry_out(translation.text, placed, conn.actor, self._deps))

    async def bill_pay(self, cmd: PayBill, conn: Connection) -> Reply:
        """Pay a bill, or a part of it.

        By card the answer has a `jobId`; its result leads to where the card is asked for. Cash is
        announced so, and taken by a waiter. In TON the `comment` of its result is what shows
        where to and how much, for 15 minutes: `GET /api/ton/{comment}`. Nobody else can pay the
        same for 90 seconds.
        """
        if cmd.stay is not None:
            about = BookingCommand(booking_id=cmd.stay, token=cmd.stay_token)
            await hotels.find(about, conn.actor, self._deps)
        answer = await carry_out(payments.pay, cmd, conn.actor, self._deps)
        if answer.ok and isinstance(answer.data, payments.Paying):
            await self._joins.listen(answer.data.restaurant_id, conn)
        return Reply(answer)

    async def payment_start(self, cmd: PayCharge, conn: Connection) -> Reply:
        """Pay for what another service sells, such as an eSIM: its job waits for that.

        The answer has a `jobId`; its result leads to where the card is asked for.
        """
        wanted = await purchases.wanted(cmd, conn.actor, self._deps)
        await self._joins.listen(wanted.restaurant_id, conn)
        return Reply(await carry_out(purchases.begin, wanted, conn.actor, self._deps))

    async def _ready(self, cmd: TranslateText, conn: Connection) -> Translation | None:
        """Return what needs no engine; of a private text that is only what no engine may see."""
        target = cmd.target or conn.actor.lang
        if cmd.speak:
            return None
        if cmd.private:
            return untranslatable(cmd.text, cmd.source, target)
        return await ready(self._deps.redis, cmd.text, cmd.source, conn.actor.lang, target)

    async def translate_voice(self, cmd: TranslateVoice, conn: Connection) -> Reply:
        """Take a part of what somebody says; the first is answered with the `jobId` of the whole.

        Its result says what was understood; until then `translate:partial` tells what was so far.
        """
        rid = jobs.place_of(cmd.restaurant_id, conn.actor)
        await self._joins.enter(rid, conn)  # many parts a second
        taken = await voice.take(cmd, rid, conn.actor, self._deps)
        if cmd.part:
            return Reply(Answer(ok=True, data=taken))
        first = replace(cmd, audio=b"", restaurant_id=rid, command_id=f"voice {cmd.voice_id}")
        return Reply(await carry_out(voice.listen, first, conn.actor, self._deps))
