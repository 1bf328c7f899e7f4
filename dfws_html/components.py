"""Components of django-components whose methods are signals, and which render themselves again."""

from __future__ import annotations

import base64
import inspect
import json
import re
import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.apps import apps
from django.core import signing
from django.core.exceptions import ObjectDoesNotExist
from django.db.models import Model
from django.template import Context
from django.utils.html import escape
from django.utils.safestring import SafeString

from dfws_html import conf, roots
from dfws_html.page.attributes import SignalName
from dfws_html.page.fragments import as_nobody, without_traces
from dfws_html.tasks import WINDOW, add_websocket_topics, refuse_on_loop, trigger
from dfws_html.topics import topic_ids, topic_names
from dfws_html.window_info import WindowInfo, get_window_context
from dfws_html.work.converters import Converter
from dfws_html.work.handlers import Handler, Queue
from dfws_html.work.permissions import Permission, Predicate, is_allowed, server_side
from dfws_html.work.registry import registry

try:
    from django_components import Component, get_component_defaults, render_dependencies
    from django_components.dependencies import get_script_url
except ImportError as error:
    raise ImportError(
        "dfws_html.components needs django-components: pip install 'dfws-html[components]'"
    ) from error

__all__ = ["SignalComponent", "signal"]

_MARK = "data-df-component"
_ARGUMENT = "component"  # of every signal of a component: which one is meant


# ------------------------------------------------------------------ methods that are signals


def signal(
    method: Any = None,
    /,
    *,
    is_allowed_to: Predicate = server_side,
    queue: Queue = None,
    reliable: bool = False,
    reply: bool = True,
) -> Any:
    """Let a method of a component be called by the elements of its template.

    The signal's name is the component's module and qualified name and the method's. The method
    gets the window and the arguments, converted as their annotations say; ``self`` is the
    component with the arguments that it was rendered with.

    Args:
        method: the method, where the decorator is written without parentheses.
        is_allowed_to: as for ``decorators.signal``; ``kwargs["component"]`` is the component. By
            default no browser may.
        queue: as for ``decorators.signal``.
        reliable: as for ``decorators.signal``.
        reply: as for ``decorators.signal``.
    """
    options: dict[str, Any] = {"is_allowed_to": is_allowed_to, "queue": queue}
    options |= {"reliable": reliable, "reply": reply}
    if method is None:
        return lambda function: _Method(function, options)
    return _Method(method, options)


class _Method:
    """A method that the class registers once it is there."""

    def __init__(self, function: Callable[..., Any], options: Mapping[str, Any]) -> None:
        self.function = function
        self.options = options
        self.name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, component: SignalComponent | None, owner: type) -> Any:
        return self if component is None else _Bound(component, self)


class _Bound(SignalName):
    """What ``self.add`` is: in Python a method, in a template the signal's name."""

    do_not_call_in_templates = True

    def __new__(cls, component: SignalComponent, method: _Method) -> Self:
        return super().__new__(cls, _signal_name(type(component), method.name))

    def __init__(self, component: SignalComponent, method: _Method) -> None:
        self._component = component
        self._method = method

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._method.function(self._component, *args, **kwargs)

    @property
    def opts(self) -> Mapping[str, Any]:
        """What tells the server which component is meant."""
        return {_ARGUMENT: self._component.signed()}


def _signal_name(cls: type, method: str) -> str:
    return f"{cls.__module__}.{cls.__qualname__}.{method}"


# ------------------------------------------------------------------ the component


class SignalComponent(Component):
    """A component that is called by its elements and renders itself again in every window.

    Its arguments come by name and have a JSON form, or are saved model instances. Together with
    the class they are its topic: windows that render it within a request hear it. Its template
    renders one element, and knows the component as ``self``:
    ``<button {% js_call self.add by=1 %}>``.

    Raises:
        TypeError: when it is rendered, an argument could not come back, or a slot is filled.

    >>> class Counter(SignalComponent):
    ...     template = "<p>{{ self.kwargs.number }}</p>"
    ...     @signal
    ...     def add(self, window_info, by: int = 1):
    ...         return self.kwargs["number"] + by
    >>> Counter.of(number=4).add(None, by=2)
    6
    """

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Register the class's signals."""
        super().__init_subclass__(**kwargs)
        for name in dir(cls):
            found = inspect.getattr_static(cls, name)
            if isinstance(found, _Method):
                registry.add(_handler(cls, found))
            elif name in vars(cls) and _is_registered(found):
                raise TypeError(
                    f"{_signal_name(cls, name)} is a method: decorate it with signal of "
                    "dfws_html.components, not of dfws_html.decorators"
                )

    @classmethod
    def of(cls, **kwargs: Any) -> Self:
        """Return the component with these arguments, without rendering it.

        ``Cart.of(cart=cart).refresh()`` renders it again from wherever the cart has changed.

        Args:
            kwargs: its arguments, as ``{% component %}`` takes them.
        """
        given = {**get_component_defaults(cls), **kwargs}
        component = cls(kwargs=given, id="")
        if cls.Kwargs is not None:
            component.kwargs = cls.Kwargs(**given)
        return component

    @classmethod
    def brought_back(cls, text: str) -> Self:
        """Return the component that was signed as ``text``.

        Raises:
            ValueError: it was not signed for this class, or too long ago, or what it shows is gone.
        """
        age = conf.token_age()
        try:
            data = signing.loads(text, salt=_salt(cls), max_age=age)
        except signing.SignatureExpired:
            raise ValueError(f"its element is older than {age} s: load the page again") from None
        except (signing.BadSignature, UnicodeError, TypeError, AttributeError):
            raise ValueError("its element is not ours") from None
        models = {name: _found(*row) for name, row in data["m"].items()}
        safe = {name: SafeString(data["k"][name]) for name in data.get("s", ())}
        try:
            return cls.of(**{**data["k"], **safe}, **models)
        except TypeError as error:  # signed by an older release
            raise ValueError("its arguments are others now: load the page again") from error

    def signed(self) -> str:
        """Return the text by which a call of an element names this component.

        Whoever has it may send it: it is bound to the class and to the token's age, not to a
        session or a user, for what is pushed to a topic is the same for all its windows.
        """
        # Whether a text is safe is no part of the topic: a template's own texts are, always.
        safe = [name for name, value in self.raw_kwargs.items() if _is_markup(value)]
        data = {**self._arguments(), **({"s": safe} if safe else {})}
        return signing.dumps(data, salt=_salt(type(self)), compress=True)

    def __topic__(self) -> tuple[type, str]:
        """Return the topic of the windows that show it."""
        return type(self), json.dumps(self._arguments(), sort_keys=True)

    def refresh(self, window_info: WindowInfo | None = None) -> None:
        """Render it again wherever it is shown.

        Args:
            window_info: only in this window, as its user sees it. By default in every window on
                its topic, for nobody: without user, permissions and request, in
                ``settings.LANGUAGE_CODE``.
        """
        refuse_on_loop("refresh()", "await sync_to_async(self.refresh)()")
        if window_info is not None:
            self._replace(self._rendered(get_window_context(window_info)), window_info, WINDOW)
            return
        context = get_window_context(WindowInfo())
        for name in ("user", "perms", "request"):
            context.pop(name, None)
        with as_nobody():
            html = self._rendered(context)
        self._replace(html, None, [self])

    def html(self, window_info: WindowInfo) -> SafeString:
        """Return it as a window sees it, which hears its topic from now on.

        For a verb that pushes it to the window: ``html.append(window_info, "#all",
        Counter.of(number=3).html(window_info))``. The files that it needs go before it.
        """
        refuse_on_loop("html()", "await sync_to_async(self.html)(...)")
        html = self._rendered(get_window_context(window_info))
        add_websocket_topics(window_info, self)
        _send_assets(html, window_info, WINDOW)
        return _plain(html)

    # -------------------------------------------------------------- hooks of django-components

    def on_render_before(self, context: Context, template: Any) -> None:
        """Let the page hear the component, and the template know it as ``self``."""
        if self.raw_args or self.raw_slots:
            kind = "arguments by place" if self.raw_args else "filled slots"
            raise TypeError(
                f"{type(self).__qualname__} can't take {kind}: it is rendered again from its "
                "named arguments alone"
            )
        if self.request is not None:
            add_websocket_topics(self.request, self)
        context["self"] = weakref.proxy(self)

    def on_render_after(
        self, context: Context, template: Any, result: str | None, error: Exception | None
    ) -> Any:
        """Mark the root element."""
        if error is not None or result is None:
            return None
        return roots.mark(result, _MARK, self._id(), what=type(self).__qualname__)

    @classmethod
    def on_dependencies(cls, scripts: list[Any], styles: list[Any]) -> tuple[list[Any], list[Any]]:
        """Let the page name its own files by their addresses, so that none comes twice."""
        return _by_address("js", cls, scripts), _by_address("css", cls, styles)

    # --------------------------------------------------------------

    def _arguments(self) -> dict[str, dict[str, Any]]:
        """Return the arguments as JSON has them, and instances by model and key."""
        plain: dict[str, Any] = {}
        models: dict[str, list[str]] = {}
        for name, value in self.raw_kwargs.items():
            where = f"{type(self).__qualname__}, argument {name!r}"
            if isinstance(value, Model):
                if value.pk is None or value._state.adding:
                    raise TypeError(f"{where}: {type(value).__name__} is not saved")
                if isinstance(value.pk, tuple):
                    raise TypeError(
                        f"{where}: {type(value).__name__} has a primary key of several columns"
                    )
                models[name] = [value._meta.label_lower, str(value.pk)]
            elif _returns(value):
                plain[name] = value
            else:
                raise TypeError(
                    f"{where}: {type(value).__name__} can't come back from a page: use what has a "
                    "JSON form, or a saved model instance"
                )
        return {"k": plain, "m": models}

    def _id(self) -> str:
        return topic_ids(topic_names(None, [self]))[0]

    def _rendered(self, context: Mapping[str, Any]) -> str:
        given = Context(dict(context))
        return self.render(context=given, kwargs=self.raw_kwargs, deps_strategy="ignore")

    def _replace(self, html: str, window_info: WindowInfo | None, to: Any) -> None:
        _send_assets(html, window_info, to)
        roots.replace(_MARK, self._id(), _plain(html), to=to, window_info=window_info)


# ------------------------------------------------------------------ the way back


@dataclass(frozen=True)
class _BroughtBack(Converter):
    component: type[SignalComponent]

    def convert(self, value: Any, window_info: Any, arguments: Mapping[str, Any]) -> Any:
        return self.component.brought_back(value)


def _handler(cls: type[SignalComponent], method: _Method) -> Handler:
    key = _signal_name(cls, method.name)

    def run(window_info: Any, /, *, component: SignalComponent, **arguments: Any) -> Any:
        return method.function(component, window_info, **arguments)

    run.__module__, run.__qualname__ = cls.__module__, f"{cls.__qualname__}.{method.name}"
    run.__signature__ = _signature(cls, key, method.function)  # type: ignore[attr-defined]
    if iscoroutinefunction(method.function):
        markcoroutinefunction(run)
    allowed = _of_component(cls, method.options["is_allowed_to"])
    options = {**method.options, "is_allowed_to": allowed}
    return Handler(signal=key, function=run, **options)


def _signature(cls: type, key: str, function: Callable[..., Any]) -> inspect.Signature:
    """Return a method's signature with the component as an argument, and without ``self``."""
    try:
        signature = inspect.signature(function, eval_str=True)
    except Exception as error:
        raise TypeError(f"an annotation of {key} can't be evaluated: {error}") from error
    _, *others = signature.parameters.values()
    if not others:
        raise TypeError(
            f"{key} needs the window behind self, as in def {key.rpartition('.')[2]}"
            "(self, window_info, ...)"
        )
    if _ARGUMENT in signature.parameters:
        raise TypeError(f"{key}: the argument {_ARGUMENT!r} is the component's own")
    by_name = inspect.Parameter.KEYWORD_ONLY
    mine = inspect.Parameter(_ARGUMENT, by_name, annotation=_BroughtBack(cls))
    window, *rest = others
    rest = [
        one.replace(kind=by_name) if one.kind is one.POSITIONAL_OR_KEYWORD else one for one in rest
    ]
    return inspect.Signature(sorted([window, mine, *rest], key=lambda one: one.kind))


def _of_component(cls: type[SignalComponent], predicate: Any) -> Any:
    """Return a predicate that sees the component instead of the text that stands for it."""
    if (
        getattr(predicate, "local", False)
        or not callable(predicate)
        or (iscoroutinefunction(predicate))
    ):
        return predicate

    def test(connection: Any, window_info: Any, kwargs: Mapping[str, Any]) -> bool:
        try:
            component = cls.brought_back(kwargs.get(_ARGUMENT, ""))
        except ValueError:
            return False
        return is_allowed(predicate, connection, window_info, {**kwargs, _ARGUMENT: component})

    return Permission(test=test, name=getattr(predicate, "__qualname__", repr(predicate)))


def _is_registered(found: Any) -> bool:
    return inspect.isfunction(found) and (
        registry.get(f"{found.__module__}.{found.__qualname__}") is not None
    )


def _salt(cls: type) -> str:
    return f"dfws_html.component {cls.__module__}.{cls.__qualname__}"


def _found(label: str, pk: str) -> Model:
    try:
        found: Model = apps.get_model(label)._base_manager.get(pk=pk)
    except (LookupError, ObjectDoesNotExist):
        raise ValueError("what it shows is gone") from None
    return found


def _is_markup(value: Any) -> bool:
    return isinstance(value, SafeString) and escape(value) != value


def _returns(value: Any) -> bool:
    try:
        return bool(json.loads(json.dumps(value)) == value)
    except (TypeError, ValueError):
        return False


# ------------------------------------------------------------------ files and traces

# What django-components leaves for itself; it would pile up, and differ each time.
_JSON = re.compile(r"<script[^>]*\bdata-djc\b[^>]*>(.*?)</script>", re.DOTALL)


def _plain(html: str) -> SafeString:
    return SafeString(without_traces(html))


def _send_assets(html: str, window_info: WindowInfo | None, to: Any) -> None:
    """Name the style sheets and scripts of all components in the HTML to windows that lack them."""
    found = _JSON.findall(render_dependencies(str(html), strategy="fragment"))
    if not found:
        return
    data = json.loads(found[-1])  # it is appended to the HTML
    tags = {"link": data["cssTags__toFetch"], "script": data["jsTags__toFetch"]}
    read = {
        tag: [json.loads(base64.b64decode(text))["attrs"] for text in texts]
        for tag, texts in tags.items()
    }
    files = {
        "link": [one["href"] for one in read["link"] if "href" in one],
        "script": [one["src"] for one in read["script"] if "src" in one],
    }
    if any(files.values()):
        trigger(window_info, "html.assets", to=to, **files)


def _by_address(kind: Any, cls: type[Component], found: list[Any]) -> list[Any]:
    return [
        get_script_url(kind, cls, None) if one.kind == "component" and one.content else one
        for one in found
    ]
