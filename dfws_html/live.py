"""Models whose changes are seen at once: after the commit, pages that show an instance follow."""

from __future__ import annotations

import logging
import threading
import time
import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Any, TypedDict, TypeVar, Unpack, cast, overload

from django.db import DEFAULT_DB_ALIAS
from django.db.models import Model, QuerySet
from django.db.models.signals import class_prepared, m2m_changed, post_delete, post_save
from django.http import HttpRequest
from django.template import Context
from django.utils.safestring import SafeString

from dfws_html import roots
from dfws_html.page.fragments import fragment
from dfws_html.tasks import SERVER, add_websocket_topics, trigger_signal
from dfws_html.topics import topic_ids
from dfws_html.window_info import WindowInfo
from dfws_html.work.dispatch import Dispatcher, in_force
from dfws_html.work.handlers import Handler
from dfws_html.work.registry import registry
from dfws_html.work.transactions import after_commit, lost_after_commit

__all__ = ["live", "part_of"]

_MARK = "data-df-live"
_SIGNAL = "dfws_html.live"

_TOGETHER = 100  # changes that one job follows

logger = logging.getLogger("dfws_html.signals")

M = TypeVar("M", bound=type[Model])


class Options(TypedDict, total=False):
    """How a model is live.

    Attributes:
        parts: templates (``"cart.html#line"`` names a partial) that ``{% live instance %}`` shows.
            They are rendered again once, for nobody, and replaced in each page. Each renders one
            element, out of ``object``, which is also called as its model is.
        lists: whether pages on the class's own topic fetch themselves again, too: what they list
            may be more, less or in another order now.
        m2m: names of many-to-many fields whose changes count.
        wait: seconds, 0.1 by default. What is changed meanwhile is pushed together.
    """

    parts: Iterable[str]
    lists: bool
    m2m: Iterable[str]
    wait: float


@dataclass(frozen=True, kw_only=True)
class _Plan:
    """What follows a change of a model's instance.

    Attributes:
        parts: templates that are rendered again; none: pages fetch themselves again.
        lists: whether pages on the topic of the class fetch themselves again, too.
        wait: seconds for which further changes are waited for.
    """

    parts: tuple[str, ...]
    lists: bool
    wait: float


@dataclass(frozen=True)
class _Change:
    """One instance that is no longer what pages show.

    Attributes:
        model: label of its model.
        pk: its primary key as text; empty for what lists the model's instances.
        using: alias of its database.
        but: key of the window that has changed it, if that needs no echo.
    """

    model: str
    pk: str
    using: str
    but: str | None


_plans: dict[type[Model], _Plan] = {}
_models: dict[str, type[Model]] = {}
_off: ContextVar[frozenset[type[Model]]] = ContextVar("dfws_live_off", default=frozenset())
_causer: ContextVar[str | None] = ContextVar("dfws_live_causer", default=None)


class _Live:
    """The door of this module: see :meth:`__call__`."""

    @overload
    def __call__(self, model: M, /, **options: Unpack[Options]) -> M: ...

    @overload
    def __call__(self, /, **options: Unpack[Options]) -> Callable[[M], M]: ...

    def __call__(self, model: Any = None, /, **options: Unpack[Options]) -> Any:
        """Let pages that hear an instance's topic follow each change of it, after its commit.

        Without ``parts`` each of them fetches itself again (``html.refresh``): its own view
        renders it, with the rights and in the language of whoever looks at it.

        Args:
            model: the model; without it, a decorator is returned.
            options: see :class:`Options`.

        Raises:
            TypeError: it is no concrete model, has a primary key of several columns, or a field
                is no many-to-many field.
        """
        if model is None:
            return lambda found: _register(found, **options)
        return _register(model, **options)

    @contextmanager
    def off(self, *models: type[Model]) -> Iterator[None]:
        """Let changes of these models tell nobody inside the block; without names, of all.

        What has to be known afterwards is told at its end: ``live.tell(queryset)``.
        """
        chosen = frozenset(map(_concrete, models)) or frozenset(_plans)
        token = _off.set(_off.get() | chosen)
        try:
            yield
        finally:
            _off.reset(token)

    @contextmanager
    def without_echo(self, source: WindowInfo | HttpRequest) -> Iterator[None]:
        """Let the window that causes the changes inside the block not follow them.

        Args:
            source: a handler's window; or a request of a living page. It shows what it has done
                by itself, or by its answer.
        """
        # Not by `from_request()`, which reads a session: this may be on an event loop.
        token = _causer.set(getattr(source, "window_key", None))
        try:
            yield
        finally:
            _causer.reset(token)

    def tell(self, instances: Model | Iterable[Model], *, using: str | None = None) -> None:
        """Say that instances have changed: ``bulk_create()``, ``update()`` and raw SQL don't.

        Args:
            instances: one, or any iterable of them; of a queryset only the keys are read.
            using: alias of the database whose commit is waited for; by default the instances'.

        Raises:
            TypeError: a model is not live.
        """
        if isinstance(instances, QuerySet):
            alias = using or instances.db
            model = _concrete(instances.model)
            keys = [(model, pk) for pk in instances.values_list("pk", flat=True)]
        else:
            each = [instances] if isinstance(instances, Model) else list(instances)
            alias = using or (each[0]._state.db if each else None) or DEFAULT_DB_ALIAS
            keys = [(_concrete(one), one.pk) for one in each]
        for model, pk in keys:
            if model not in _plans:
                raise TypeError(f"{model.__name__} is not live: say live({model.__name__})")
            _changed(model, pk, alias)


live = _Live()
"""Makes a model live: ``live(Line, parts=["cart.html#line"])``, or ``@live`` above its class."""


def part_of(context: Context, instance: Model, part: str | None = None) -> SafeString:
    """Write an instance's part, which follows its changes; what ``{% live %}`` does.

    The page hears the instance's topic from now on. Whoever may see the page may see the part.

    Args:
        context: of the page's template, with its ``request``.
        instance: of a live model.
        part: one of the model's ``parts``, if it has several.

    Raises:
        TypeError: it is no instance of a model, the model is not live, or has no such part.
    """
    if not isinstance(instance, Model):
        raise TypeError(f"{instance!r} is no instance of a model")
    model = _concrete(instance)
    plan = _plans.get(model)
    if plan is None:
        raise TypeError(f"{model.__name__} is not live: say live({model.__name__})")
    request = context.get("request") or getattr(context, "request", None)
    if request is not None:
        add_websocket_topics(request, instance)
    if not plan.parts and part is None:
        return SafeString("")
    if part is None and len(plan.parts) == 1:
        [part] = plan.parts
    if part is None or part not in plan.parts:
        raise TypeError(f"live({model.__name__}) has the parts {list(plan.parts)}, not {part!r}")
    # As it will be pushed, from the beginning: what works now works then.
    more = {"csrf_token": context["csrf_token"]} if "csrf_token" in context else {}
    return _render(model, str(instance.pk), instance, part, more)


# ------------------------------------------------------------------ what changes


def _register(
    model: Any,
    *,
    parts: Iterable[str] = (),
    lists: bool = False,
    m2m: Iterable[str] = (),
    wait: float = 0.1,
) -> Any:
    if not (isinstance(model, type) and issubclass(model, Model)) or model._meta.abstract:
        raise TypeError(f"live() takes a model that has a table, not {model!r}")
    if isinstance(parts, str):
        raise TypeError(f"parts is a list of templates, not {parts!r}")
    concrete = _concrete(model)
    if getattr(concrete._meta, "pk_fields", None) and len(concrete._meta.pk_fields) > 1:
        raise TypeError(f"{model.__name__} has a primary key of several columns: it can't be live")
    _plans[concrete] = _Plan(parts=tuple(parts), lists=lists, wait=wait)
    _models[concrete._meta.label_lower] = concrete
    registry.add(Handler(signal=_SIGNAL, function=follow))
    for one in _of_one_table(concrete):
        _listen(one)
    class_prepared.connect(_prepared, dispatch_uid=_SIGNAL)
    for name in m2m:
        through = getattr(getattr(model, name, None), "through", None)
        if through is None:
            raise TypeError(f"{model.__name__}.{name} is no many-to-many field")
        m2m_changed.connect(
            _related, sender=through, dispatch_uid=f"{_SIGNAL} {concrete._meta.label_lower}.{name}"
        )
    return model


def _concrete(model: type[Model] | Model) -> type[Model]:
    # Of an instance, too: of a lazy one `type()` is no model.
    return cast(type[Model], model._meta.concrete_model or model)


def _of_one_table(model: type[Model]) -> Iterator[type[Model]]:
    """Return a model and its proxies, which send signals of their own."""
    yield model
    for child in model.__subclasses__():
        if _concrete(child) is _concrete(model):
            yield from _of_one_table(child)


def _listen(model: type[Model]) -> None:
    # To this one alone: what somebody listens to, Django reads row by row before it deletes it.
    for signal, receiver in ((post_save, _saved), (post_delete, _deleted)):
        signal.connect(receiver, sender=model, dispatch_uid=_SIGNAL)


def _prepared(sender: type[Model], **_: Any) -> None:
    if _concrete(sender) in _plans:
        _listen(sender)


def _saved(sender: Any, instance: Model, using: str, raw: bool = False, **_: Any) -> None:
    if not raw:
        _changed(_concrete(sender), instance.pk, using)


def _deleted(sender: Any, instance: Model, using: str, **_: Any) -> None:
    _changed(_concrete(sender), instance.pk, using)


def _related(
    *,
    instance: Model,
    reverse: bool,
    model: type[Model],
    pk_set: set[Any] | None,
    using: str,
    **_: Any,
) -> None:
    # Twice, before and after it: in one transaction, so it is told once.
    if not reverse:
        _changed(_concrete(instance), instance.pk, using)
    if reverse or _concrete(model) is _concrete(instance):  # of one model, both sides show it
        for pk in pk_set or ():  # `clear()` on the other side does not say whom it concerned
            _changed(_concrete(model), pk, using)


def _changed(model: type[Model], pk: Any, using: str) -> None:
    if model not in _plans or model in _off.get():
        return
    change = _Change(model._meta.label_lower, str(pk), using, _causer.get())
    after_commit(change, _announce, using=using)
    if _plans[model].lists:
        after_commit(replace(change, pk=""), _announce, using=using)


# ------------------------------------------------------------------ when it is told

#: When what was announced last is rendered, by what was told so: a test's queue knows nothing of
#: another's. What changes before then is in it.
_due: dict[tuple[weakref.ref[Dispatcher], _Change], float] = {}
_lock = threading.Lock()


def _announce(changes: Sequence[_Change]) -> None:
    """Let the workers follow committed changes, but for those that will be seen anyway."""
    now = time.time()
    by_wait: dict[float, list[_Change]] = {}
    told = weakref.ref(in_force())
    with _lock:
        for key, due in list(_due.items()):
            if due <= now:
                del _due[key]
        for change in changes:
            model = _models.get(change.model)
            if model is None or {(told, change), (told, replace(change, but=None))} & _due.keys():
                continue
            wait = _plans[model].wait
            if wait > 0:
                _due[told, change] = now + wait
            by_wait.setdefault(wait, []).append(change)
    for wait, found in by_wait.items():
        each = list(dict.fromkeys(found))
        for start in range(0, len(each), _TOGETHER):
            _send(each[start : start + _TOGETHER], now + wait if wait > 0 else None)


def _send(changes: Sequence[_Change], eta: float | None) -> None:
    rows = [[one.model, one.pk, one.using, one.but] for one in changes]
    try:
        trigger_signal(None, _SIGNAL, to=SERVER, kwargs={"changes": rows}, eta=eta, now=True)
    except Exception as error:
        # What was saved is saved: whoever did it must not be told that it failed.
        _forget(changes)
        logger.exception("pages are not told of %d changes", len(changes))
        lost_after_commit.send_robust(sender=None, error=error, count=len(changes))


def _forget(changes: Iterable[_Change]) -> None:
    told = weakref.ref(in_force())
    with _lock:
        for change in changes:
            _due.pop((told, change), None)


def follow(window_info: WindowInfo, /, changes: list[list[Any]]) -> None:
    """Push what instances look like now; runs in a worker.

    Args:
        window_info: nobody's.
        changes: model, primary key, database, window of each.
    """
    fetching: dict[str | None, list[Any]] = {}
    errors = []
    found = [_Change(*row) for row in changes]
    _forget(found)  # tests run it before its time
    for change in found:
        model = _models.get(change.model)
        if model is None:
            continue
        try:
            fetching.setdefault(change.but, []).extend(_follow(change, model, _plans[model]))
        except Exception as error:  # noqa: BLE001 - raised once the others have had their turn
            errors.append(error)
    for but, topics in fetching.items():
        if topics:
            trigger_signal(None, "html.refresh", to=topics, kwargs=roots.excepted(but))
    if errors:
        raise ExceptionGroup(f"{len(errors)} of {len(changes)} changes were not pushed", errors)


def _follow(change: _Change, model: type[Model], plan: _Plan) -> list[Any]:
    """Push an instance's parts; return the topics whose pages have to fetch themselves."""
    if not change.pk:
        # The class's topic gets no content: whoever lists some instances may not see the others.
        return [model]
    instance = model._base_manager.using(change.using).filter(pk=change.pk).first()
    topic = instance if instance is not None else _ghost(model, change.pk)
    pk = str(topic.pk)  # as the database has it: what was saved may have been given a text
    for part in plan.parts:
        html = "" if instance is None else _render(model, pk, instance, part, {})
        key = _key(model, pk, part)
        roots.replace(_MARK, key, html, to=[topic], but=change.but)
    return [] if plan.parts else [topic]


def _ghost(model: type[Model], pk: str) -> Model:
    """Return what stands for a deleted instance: its topic outlives it."""
    ghost = model(pk=model._meta.pk.to_python(pk))
    ghost._state.adding = False
    return ghost


def _render(
    model: type[Model], pk: str, instance: Model, part: str, more: dict[str, Any]
) -> SafeString:
    name = str(model._meta.model_name)
    context = {**more, "object": instance, name: instance}
    html = fragment(WindowInfo(), template=part, context=context, shared=True)
    return roots.mark(html, _MARK, _key(model, pk, part), what=part)


def _key(model: type[Model], pk: str, part: str) -> str:
    return topic_ids([f"{_SIGNAL} {model._meta.label_lower} {pk} {part}"])[0]
