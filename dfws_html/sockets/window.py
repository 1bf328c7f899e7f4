"""A living window: its topics, what it hears, and what becomes of the frames it sends."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import replace

from django.http import HttpRequest

from dfws_html import conf
from dfws_html.delivery.history import Entry, Reading
from dfws_html.delivery.hub import Subscriber, hub
from dfws_html.delivery.outlet import Outlet
from dfws_html.delivery.publishing import publisher
from dfws_html.exceptions import ProtocolError
from dfws_html.page.living import changed_token
from dfws_html.page.revocation import SESSION_ENDED, USER_CHANGED
from dfws_html.page.tokens import VOID, PageToken, TokenRefused, sign, verify
from dfws_html.page.visitors import Visitor, check_identity
from dfws_html.protocol import (
    HEARTBEAT,
    Ack,
    Call,
    Cancel,
    HeartbeatAnswer,
    Hello,
    Nack,
    NewTopics,
    TopicsTold,
    Welcome,
    parse,
)
from dfws_html.quoting import one_line
from dfws_html.sockets.calls import Calls, off_loop
from dfws_html.sockets.endings import Closed
from dfws_html.sockets.guests import Guest, adopt_locale, recognise, recognise_again, standing
from dfws_html.sockets.pace import Paces
from dfws_html.sockets.reviews import reviews

__all__ = ["Window", "parsed"]

logger = logging.getLogger("dfws_html.sockets")

_paces = Paces()


def parsed(text: str) -> Hello | Call | Cancel | NewTopics:
    """Return the frame that a browser sent, within the limits that the settings name."""
    return parse(
        text,
        max_bytes=int(conf.limit("frame_in")),
        max_depth=int(conf.limit("depth")),
        decoder=conf.load("SIGNAL_DECODER"),
    )


class Window:
    """One window from its welcome on. It belongs to the running event loop.

    Args:
        hello: what it said.
        request: its socket's handshake.
        outlet: its way out.
        on_end: called if it may not go on, though it has sent nothing wrong.

    Raises:
        TokenRefused: its token is not good.
    """

    def __init__(
        self,
        hello: Hello,
        *,
        request: HttpRequest,
        outlet: Outlet,
        on_end: Callable[[Closed], None],
    ) -> None:
        self._hub = hub(publisher())
        self._reviews = reviews()
        self._on_end = on_end
        self._hello = hello
        self._request = request
        self._outlet = outlet
        self._token = verify(hello.token)
        self._admitted = False
        self._left = False
        self._pace = _paces.of(
            self._token.window, rate=conf.limit("rate"), burst=conf.limit("burst")
        )
        stands = standing(self._token, hello)
        self._subscriber = Subscriber(
            outlet.send,
            self._on_control,
            on_notice=self._on_notice,
            topics=self._token.topics,
            positions=stands.positions,
            life=stands.life,
            room=outlet.room,
        )

    def __str__(self) -> str:
        return self._token.window

    async def arrive(self) -> None:
        """Welcome the window, and tell it what it has missed.

        Who it is and what it has missed are asked at the same time. It is told nothing before it
        is recognised, and what was read is what it is told unless its id is another load's.

        Raises:
            TokenRefused: the token is not this visitor's.
            Unreachable: the ledger, the history or its carrier does not answer.
        """
        self._hub.add(self._subscriber)
        ahead = asyncio.ensure_future(self._hub.read(self._subscriber))
        ahead.add_done_callback(_take_note)
        try:
            guest = await self._recognised()
            reading = await ahead
        finally:
            ahead.cancel()
        self._admit(guest)
        if not self._left and self._token.session:
            self._reviews.add(self)
        welcome = Welcome(
            window=self._token.window,
            life=reading.life,
            topics=self._subscriber.topics,
            heartbeat=conf.limit("heartbeat"),
            limits={"frame": conf.limit("frame_in")},
            token=sign(self._token) if guest.fresh else None,
            positions={0: reading.position} if guest.fresh else {},
        )
        self._outlet.send(welcome.encode())
        self._hub.catch_up(self._subscriber, reading)

    async def _recognised(self) -> Guest:
        guest: Guest = await off_loop(recognise)(self._request, self._hello, self._token)
        return guest

    def _admit(self, guest: Guest) -> None:
        self._admitted = True
        self._who = guest.who
        self._window_info = guest.window_info
        self._calls = Calls(load=self._hello.load, window_info=guest.window_info, again=self._again)
        own, before = guest.token.topics[0], self._token.topics[0]
        self._token = guest.token
        if guest.fresh:  # however many ids a page is given, it sends as one
            _paces.share(self._pace, guest.token.window)
        if own is not None and own != before:
            # What went to an id that is another load's was never its own: of its own it has seen
            # nothing. The topics are read once more, all together.
            self._hub.retopic(self._subscriber, guest.token.topics, {own: VOID})

    def leave(self) -> None:
        """Hear nothing any more."""
        if not self._left:
            _paces.keep(self._pace, time.monotonic())
        self._left = True
        self._hub.remove(self._subscriber)
        self._reviews.remove(self)

    # -------------------------------------------------------------- what the window sends

    async def take(self, text: str) -> None:
        """Do what a frame asks for, or refuse it; either is answered.

        Raises:
            Closed: the window may not go on.
        """
        in_time = self._pace.allows(time.monotonic())
        number: int | None = None
        try:
            # A frame that comes too fast is read too: its refusal has to name it.
            frame = parsed(text) if text != HEARTBEAT else None
            number = frame.n if isinstance(frame, Call) else None
            if not in_time:
                raise ProtocolError("rate", number, "too many frames; wait a moment")
            match frame:
                case None:
                    # 0 raises nothing: the window is behind, and what it lacks is on its way.
                    told = self._hub.told(self._subscriber)
                    self._outlet.send(HeartbeatAnswer(position=told).encode())
                case Call():
                    await self._calls.take(frame, life=self._subscriber.life)
                    self._outlet.send(Ack(n=frame.n).encode())
                case Cancel():
                    await self._calls.cancel(frame.n)
                case NewTopics():
                    self._take_over(frame)
                case Hello():
                    raise ProtocolError("invalid", None, "a second hello")
        except ProtocolError as error:
            self._refuse(number if error.n is None else error.n, error)
        except TokenRefused as error:
            raise Closed(error.code, str(error)) from None

    def _refuse(self, number: int | None, error: ProtocolError) -> None:
        # What was wrong in full is for the log: a page may hear less of it.
        cause = error.__cause__ if error.code != "error" else None
        reason = one_line(str(cause or error.message))
        logger.warning("window %s: refused (%s): %s", self, error.code, reason)
        message = one_line(error.message)
        self._outlet.send(Nack(n=number, code=error.code, message=message).encode())

    async def _again(self) -> Visitor:
        self._who = await off_loop(recognise_again)(self._request, self._token)
        return self._who

    def _take_over(self, frame: NewTopics) -> None:
        """The page took over the token of an answer to one of its requests."""
        try:
            token = verify(frame.token)
        except TokenRefused as error:
            raise ProtocolError("forbidden", None, str(error)) from None
        if token.window != self._token.window:
            raise ProtocolError("forbidden", None, "the token belongs to another window")
        check_identity(token, self._who)
        adopt_locale(self._window_info, token)
        # By the indices of this socket: a handler may have changed the topics meanwhile.
        wanted = [topic for topic in token.topics if topic is not None]
        self._retopic(replace(token, topics=self._token.with_topics(wanted).topics), None)

    # -------------------------------------------------------------- what the window is told

    def _on_control(self, entry: Entry) -> None:
        """A handler or view changed this window's topics, or its visitor has gone or changed."""
        if entry.body in (SESSION_ENDED, USER_CHANGED):
            self._on_notice(entry)
        elif not self._left:  # a reading that began before may bring it after
            self._retopic(changed_token(self._token, entry), entry.number)

    def _on_notice(self, entry: Entry) -> None:
        """Its visitor has gone or changed: no slow reader delays that."""
        if self._left or not self._admitted:
            return
        if entry.body == SESSION_ENDED:
            self.refuse("its visitor has logged out")
        elif entry.body == USER_CHANGED:
            self._reviews.soon(self)

    # -------------------------------------------------------------- whether it may go on

    @property
    def cookies(self) -> Mapping[str, str]:
        """What its browser brought."""
        return self._request.COOKIES

    @property
    def token(self) -> PageToken:
        """What its page proves."""
        return self._token

    def refuse(self, why: str) -> None:
        """Tell it nothing more from here on, and let its page fetch itself again."""
        self.leave()
        self._on_end(Closed("revoked", why))

    def _retopic(self, token: PageToken, number: int | None) -> None:
        before = set(self._subscriber.topics)
        began = token.position if token.life == self._subscriber.life else VOID
        added = {topic: began for topic in token.topics if topic and topic not in before}
        self._token = token
        told = TopicsTold(
            token=sign(token),
            topics=token.topics,
            # A void position (a resync follows) is one that a page leaves out of its next hello.
            positions={index: began for index, topic in enumerate(token.topics) if topic in added},
            number=number,
        )
        self._outlet.send(told.encode())
        self._hub.retopic(self._subscriber, token.topics, added)


def _take_note(ahead: asyncio.Future[Reading]) -> None:
    # Who is refused does not ask why nothing was read, and asyncio is not to log it.
    if not ahead.cancelled():
        ahead.exception()
