"""From a signal to its jobs and topics: decided by ``plan``, done by the dispatcher in force."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any, Protocol

from django.core.serializers.json import DjangoJSONEncoder
from django.utils import timezone

from dfws_html import conf
from dfws_html.delivery.history import Frame
from dfws_html.delivery.publishing import publisher
from dfws_html.delivery.windows import warn_if_elsewhere
from dfws_html.exceptions import (
    ProtocolError,
    SignalNotAllowed,
    SignalNotSent,
    UnknownSignal,
    Unreachable,
)
from dfws_html.protocol import Call, Push, encode_arguments
from dfws_html.topics import SERVER, SYNC, USER, WINDOW, each_destination, topic_ids, topic_names
from dfws_html.window_info import WindowInfo
from dfws_html.work import execution, transactions
from dfws_html.work.attempts import LATEST
from dfws_html.work.executors import QueueFull, executor
from dfws_html.work.handlers import Handler
from dfws_html.work.jobs import CallName, HandlerJob, Job, PushJob
from dfws_html.work.registry import registry

__all__ = [
    "Dispatcher",
    "LiveDispatcher",
    "Plan",
    "admit",
    "dispatch",
    "in_force",
    "installed",
    "plan",
]

logger = logging.getLogger("dfws_html.signals")


@dataclass(frozen=True, kw_only=True)
class Plan:
    """All that one trigger asks for.

    Attributes:
        signal: the signal's name.
        window_info: the window behind it, as ``WindowInfo.to_dict()`` gives it.
        arguments: as JSON.
        to_server: whether ``SERVER`` was among the destinations.
        asks_server: whether ``SERVER`` or ``SYNC`` was.
        only_server: whether nothing else was.
        jobs: for the workers, one a handler.
        at_once: for this thread, one a handler.
        topics: names of the topics to push to.
        push: the frame for them.
        eta: Unix seconds before which nothing happens, 0 for at once.
        expires: Unix seconds after which nothing happens, None for never.
    """

    signal: str
    window_info: Mapping[str, Any]
    arguments: str
    to_server: bool = False
    asks_server: bool = False
    only_server: bool = False
    jobs: tuple[HandlerJob, ...] = ()
    at_once: tuple[HandlerJob, ...] = ()
    topics: tuple[str, ...] = ()
    push: Push | None = None
    eta: float = 0.0
    expires: float | None = None


class Dispatcher(Protocol):
    """What carries plans out; tests install one that records them."""

    def check(self, plan: Plan) -> None:
        """Object to a plan where it was made, before any transaction is waited for."""
        ...

    def send(self, plans: Sequence[Plan]) -> None:
        """Carry out plans, in order."""
        ...


# ------------------------------------------------------------------ deciding


def plan(
    window_info: WindowInfo,
    signal: str,
    *,
    to: Any = None,
    arguments: Mapping[str, Any],
    countdown: float | None = None,
    eta: datetime | float | None = None,
    expires: datetime | float | None = None,
    now: float,
) -> Plan:
    """Decide what a trigger asks for.

    Args:
        window_info: the window behind it.
        signal: the signal's name.
        to: one destination or several; None is ``USER`` if somebody is logged in, else ``WINDOW``.
        arguments: of the signal; they are encoded here, so errors belong to the caller.
        countdown: seconds to wait.
        eta: when to happen, instead of ``countdown``.
        expires: seconds after which, or time at which, it is too late.
        now: Unix seconds.

    Raises:
        TypeError: an argument has no JSON form, or a destination can't be a topic.
        ValueError: a destination does not fit the window.
    """
    if to is None:
        to = USER if window_info.is_authenticated else WINDOW
    destinations = each_destination(to)
    to_server = any(one is SERVER for one in destinations)
    to_sync = any(one is SYNC for one in destinations)
    topics = [one for one in destinations if one is not SERVER and one is not SYNC]
    text = encode_arguments(signal, arguments, encoder=conf.load("SIGNAL_ENCODER"))
    start = _moment(eta) if eta is not None else now + countdown if countdown else 0.0
    end = None if expires is None else _moment(expires, since=now)
    values = window_info.to_dict()
    window_text = encode_arguments(signal, values, encoder=DjangoJSONEncoder)
    base = uuid.uuid4().hex

    def jobs(wanted: bool) -> tuple[HandlerJob, ...]:
        return tuple(
            HandlerJob(
                task_id=f"{base}.{handler.digest}",
                signal=signal,
                queue=handler.queue_name(window_info, arguments) or conf.default_queue(),
                eta=start,
                expires=end,
                handler=handler.key,
                window_info=window_text,
                arguments=text,
                reliable=handler.reliable,
            )
            for handler in (registry.handlers(signal) if wanted else ())
        )

    return Plan(
        signal=signal,
        window_info=values,
        arguments=text,
        to_server=to_server,
        asks_server=to_server or to_sync,
        only_server=bool(destinations) and not topics,
        jobs=jobs(to_server),
        at_once=jobs(to_sync),
        topics=tuple(topic_names(window_info, topics)),
        push=Push(signal=signal, arguments=text, signal_id=base, call=window_info.call)
        if topics
        else None,
        eta=start,
        expires=end,
    )


def _moment(value: datetime | float, *, since: float = 0.0) -> float:
    if not isinstance(value, datetime):
        return since + value
    # A naive time is one of the current time zone, as everywhere in Django.
    return (timezone.make_aware(value) if timezone.is_naive(value) else value).timestamp()


def admit(
    call: Call, load: str, window_info: WindowInfo, *, now: float, life: str = ""
) -> tuple[HandlerJob, ...]:
    """Return the jobs that a browser's call becomes: one for each handler that allows it.

    May read the database, if a permission does.

    Args:
        call: what the browser sent.
        load: the id that its page made for itself.
        window_info: the window behind it.
        now: Unix seconds.
        life: of the history, as that window knows it.

    Raises:
        UnknownSignal: nothing is registered under this name.
        SignalNotAllowed: no handler allows it.
        InvalidArguments: an argument is missing or unknown.
        ProtocolError: an argument can't be written as JSON again.
    """
    handlers = registry.handlers(call.signal)
    if not handlers:
        raise UnknownSignal(call.signal, registry.nearest(call.signal))
    allowed = [handler for handler in handlers if _allows(handler, window_info, call.arguments)]
    if not allowed:
        raise SignalNotAllowed(call.signal, " / ".join(repr(h.is_allowed_to) for h in handlers))
    for handler in allowed:
        handler.check_names(call.arguments)
    try:
        text = encode_arguments(call.signal, call.arguments, encoder=conf.load("SIGNAL_ENCODER"))
    except TypeError as error:  # 1e999, which Python reads as infinity
        raise ProtocolError("invalid", call.n, str(error)) from None
    values = encode_arguments(call.signal, window_info.to_dict(), encoder=DjangoJSONEncoder)
    delay = min(call.delay(now), conf.limit("delay"))
    name = CallName(
        window=window_info.window_key or "",
        load=load,
        n=call.n,
        handlers=sum(handler.reply for handler in allowed),
        reply=call.reply,
    )
    return tuple(
        HandlerJob(
            task_id=f"{name.window}.{name}.{handler.digest}",
            signal=call.signal,
            queue=handler.queue_name(window_info, call.arguments) or conf.default_queue(),
            eta=now + delay if delay else 0.0,
            expires=now + delay + min(LATEST if call.expires is None else call.expires, LATEST),
            handler=handler.key,
            window_info=values,
            arguments=text,
            from_client=True,
            reliable=handler.reliable,
            reply=handler.reply,
            life=life,
            call=name,
        )
        for handler in allowed
    )


def _allows(handler: Handler, window_info: WindowInfo, arguments: Mapping[str, Any]) -> bool:
    try:
        return handler.allows(window_info, arguments)
    except Exception:
        # A predicate that can't tell has not said yes.
        logger.exception("signal %r: is_allowed_to of %s raised", handler.signal, handler.key)
        return False


# ------------------------------------------------------------------ doing


class LiveDispatcher:
    """Hands jobs to the engine and frames to the windows."""

    def check(self, plan: Plan) -> None:
        """See :meth:`Dispatcher.check`."""
        if not plan.asks_server or plan.jobs or plan.at_once:
            return
        error = UnknownSignal(plan.signal, registry.nearest(plan.signal))
        if plan.only_server:
            raise error
        logger.error("%s", error)

    def send(self, plans: Sequence[Plan]) -> None:
        """See :meth:`Dispatcher.send`. One that fails does not keep the others back."""
        errors = self._submit(plans)
        errors.update(self._push({n: plan for n, plan in enumerate(plans) if n not in errors}))
        if errors and len(plans) == 1:
            raise errors[0]
        if errors:
            found = [errors[n] for n in sorted(errors)]
            raise ExceptionGroup(f"{len(found)} of {len(plans)} signals were not sent", found)

    def _submit(self, plans: Sequence[Plan]) -> dict[int, Exception]:
        """Hand over the jobs of all plans in one go; return what went wrong, by plan."""
        given = {n: jobs for n, plan in enumerate(plans) if (jobs := _jobs_of(plan))}
        if not given:
            return {}
        try:
            executor().submit(*(job for jobs in given.values() for job in jobs))
        except QueueFull as error:
            if len(given) == 1:
                return dict.fromkeys(given, _not_sent(plans[next(iter(given))], error))
            # One queue is full, and the others are not: each plan for itself.
            alone = {n: self._submit([plans[n]]) for n in given}
            return {n: errors[0] for n, errors in alone.items() if errors}
        except Unreachable as error:
            return {n: _not_sent(plans[n], error) for n in given}
        except Exception as error:  # noqa: BLE001 - `send` raises it
            return dict.fromkeys(given, error)
        return {}

    def _push(self, plans: Mapping[int, Plan]) -> dict[int, Exception]:
        """Publish the frames of all plans in one step; return what went wrong, by plan."""
        frames = {
            n: Frame(topic_ids(plan.topics), plan.push.body())
            for n, plan in plans.items()
            if plan.push is not None and not plan.eta
        }
        if not frames:
            return {}
        try:
            _warn_if_elsewhere(*(plans[n] for n in frames))
            publisher().publish_all(list(frames.values()))
        except Unreachable as error:
            return {n: _not_sent(plans[n], error) for n in frames}
        except Exception as error:  # noqa: BLE001 - `send` raises it
            return dict.fromkeys(frames, error)
        return {}


def _jobs_of(plan: Plan) -> tuple[Job, ...]:
    """Return what the engine has to do for a plan: its functions, and frames that have to wait."""
    if plan.push is None or not plan.eta:
        return plan.jobs
    _warn_if_elsewhere(plan)
    push = PushJob(
        task_id=plan.push.signal_id,
        signal=plan.signal,
        queue=conf.default_queue(),
        eta=plan.eta,
        expires=plan.expires,
        topics=tuple(topic_ids(plan.topics)),
        body=plan.push.body(),
    )
    return (*plan.jobs, push)


def _warn_if_elsewhere(*plans: Plan) -> None:
    if not publisher().history.shared:
        for plan in plans:
            warn_if_elsewhere(plan.signal)


def _not_sent(plan: Plan, error: Exception) -> SignalNotSent:
    found = SignalNotSent(plan.signal, str(error))
    found.__cause__ = error
    return found


_installed: list[Dispatcher] = [LiveDispatcher()]


@contextmanager
def installed(dispatcher: Dispatcher) -> Iterator[None]:
    """Let another dispatcher carry out every plan of this process for a while."""
    _installed.append(dispatcher)
    try:
        yield
    finally:
        _installed.remove(dispatcher)


def in_force() -> Dispatcher:
    """Return what carries out the plans of this process now."""
    return _installed[-1]


def dispatch(what: Plan, *, now: bool = False, using: str | None = None) -> None:
    """Carry a plan out: ``SYNC`` here and at once, the rest after the commit.

    Args:
        what: the plan.
        now: don't wait for a commit.
        using: alias of the database whose commit is waited for.

    Raises:
        UnknownSignal: only the server was asked, and no function is registered.
        SignalNotSent: it could not be handed over.
        Exception: what a function run by ``SYNC`` raised; of several an ``ExceptionGroup``.
    """
    _check_size(what)
    in_force().check(what)
    if now:
        transactions.flush()
        _send([what])
    elif what.jobs or what.topics or what.to_server:
        transactions.after_commit(what, _send, using=using)
    errors = [error for job in what.at_once if (error := _error_of(execution.run, job)) is not None]
    if len(errors) == 1:
        raise errors[0]
    if errors:
        raise ExceptionGroup(f"signal {what.signal!r}: {len(errors)} functions raised", errors)


def _error_of(do: Callable[[Any], None], what: Any) -> Exception | None:
    try:
        do(what)
    except Exception as error:  # noqa: BLE001 - the caller raises it, once the others have had their turn
        return error
    return None


def _check_size(what: Plan) -> None:
    limit = conf.limit("frame_out")
    size = len(what.arguments.encode())
    if what.push is not None and size > limit:
        raise ValueError(
            f"signal {what.signal!r}: {size} bytes are too much for a frame to a window; the limit "
            f"is {limit:.0f} (WEBSOCKET_LIMITS['frame_out'])"
        )


def _send(plans: Sequence[Plan]) -> None:
    in_force().send(plans)


def by_queue(plan: Plan) -> list[tuple[str, list[HandlerJob]]]:
    """Return a plan's jobs by queue; a signal without a function stands on the default one."""
    jobs = sorted(plan.jobs, key=lambda job: job.queue)
    found = [(queue, list(held)) for queue, held in groupby(jobs, key=lambda job: job.queue)]
    return found or ([(conf.default_queue(), [])] if plan.to_server else [])
