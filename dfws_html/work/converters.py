"""From a browser's value to the Python value a handler's annotation asks for, or `ValueError`.

What comes in is JSON (opts) or text (form fields), so each type takes both. No error's text
contains the value: it ends in a log, and the value may be a secret.
"""

from __future__ import annotations

import contextlib
import inspect
import re
import types
import typing
from abc import ABC, abstractmethod
from collections import abc
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import ObjectDoesNotExist, SuspiciousOperation, ValidationError
from django.db.models import Model
from django.forms.forms import BaseForm
from django.forms.formsets import BaseFormSet
from django.http import QueryDict
from django.utils.safestring import SafeData

from dfws_html.work.plain import PLAIN, expected, to_text

__all__ = ["RE", "Choice", "Converter", "SerializedForm", "converter_for"]


class Converter(ABC):
    """How one argument is converted; an instance serves as a parameter's annotation.

    >>> class Shout(Converter):
    ...     def convert(self, value, window_info, arguments):
    ...         return str(value).upper()
    >>> converter_for(Shout()).convert("hey", None, {})
    'HEY'
    """

    @property
    def needs_others(self) -> bool:
        """Whether it reads the call's other arguments, so that these are converted first."""
        return False

    @abstractmethod
    def convert(self, value: Any, window_info: Any, arguments: Mapping[str, Any]) -> Any:
        """Return the Python value.

        Args:
            value: what the browser sent: JSON's types.
            window_info: the window that sent it.
            arguments: the call's arguments as they were sent; for a converter that needs the
                others, those others, converted.

        Raises:
            ValueError: the value can't be converted; the text says what was expected.
        """


# ------------------------------------------------------------------ what a handler may write


class RE(Converter):
    """Text that a regular expression matches from its first to its last character.

    Args:
        pattern: the expression, or a compiled one.
        caster: what the matching text is then converted to, a type or a callable.
        flags: flags of the module `re`.

    Raises:
        ValueError: on conversion, when the text does not match or the caster refuses it.

    >>> RE("[a-z]{2}-([0-9]+)").convert("ab-12", None, {})
    'ab-12'
    >>> RE("[0-9]{4}", caster=int).convert("2042", None, {})
    2042
    """

    def __init__(
        self, pattern: str | re.Pattern[str], caster: Any = None, flags: re.RegexFlag | int = 0
    ) -> None:
        self.pattern = re.compile(pattern, flags)
        self._caster = _UNCHANGED if caster is None else converter_for(caster)

    def convert(self, value: Any, window_info: Any, arguments: Mapping[str, Any]) -> Any:
        """Return the text, or what the caster made of it."""
        text = to_text(value)
        if not self.pattern.fullmatch(text):
            raise ValueError(f"expected text that matches {self.pattern.pattern!r}")
        return self._caster.convert(text, window_info, arguments)


class Choice(Converter):
    """One of some values.

    Args:
        values: the values, an Enum class included.
        caster: what the browser's value is converted to before it is compared, a type or a
            callable; without it 1 and "1" differ.

    Raises:
        ValueError: on conversion, when the value is none of them or the caster refuses it.

    >>> Choice([10, 20, 50], caster=int).convert("20", None, {})
    20
    """

    def __init__(self, values: Iterable[Any], caster: Any = None) -> None:
        self.values = tuple(values)
        self._caster = _UNCHANGED if caster is None else converter_for(caster)

    def convert(self, value: Any, window_info: Any, arguments: Mapping[str, Any]) -> Any:
        """Return the value among `values` that equals it, or the member that has it."""
        value = self._caster.convert(value, window_info, arguments)
        for candidate in self.values:
            plain = candidate.value if isinstance(candidate, Enum) else candidate
            if _is_equal(candidate, value) or _is_equal(plain, value):
                return candidate
        raise ValueError(_expected_one_of(self.values))


class SerializedForm(Converter):
    """A form, bound to the fields that `form: "x"` of a call sent, and not validated yet.

    The value is a list of `{"name", "value"}`, as the browser's `FormData` has them; a repeated
    name is a list, as in `request.POST`. A form's class as annotation means the same.

    Args:
        form_cls: a form's or a formset's class.
        allow_none: whether None stays None.
        kwargs: a callable (window_info, opts) that returns further arguments of the form, such
            as `instance`, `user`, `prefix`; `opts` are the call's other arguments, converted.

    Raises:
        ValueError: on conversion, when the value is no list of fields, or `kwargs` found no
            object for these arguments.
        TypeError: `form_cls` is no form.

    >>> from django import forms
    >>> class Search(forms.Form):
    ...     q = forms.CharField()
    >>> form = SerializedForm(Search).convert([{"name": "q", "value": "tea"}], None, {})
    >>> form.is_valid(), form.cleaned_data
    (True, {'q': 'tea'})
    """

    def __init__(
        self,
        form_cls: type[BaseForm] | type[BaseFormSet[Any]],
        allow_none: bool = True,
        *,
        kwargs: Callable[[Any, Mapping[str, Any]], Mapping[str, Any]] | None = None,
    ) -> None:
        given: Any = form_cls
        if not (isinstance(given, type) and issubclass(given, (BaseForm, BaseFormSet))):
            raise TypeError(f"SerializedForm needs a form's class, not {form_cls!r}")
        self.form_cls = form_cls
        self.allow_none = allow_none
        self.kwargs = kwargs

    @property
    def needs_others(self) -> bool:
        """It does: `kwargs` reads them."""
        return True

    def convert(self, value: Any, window_info: Any, arguments: Mapping[str, Any]) -> Any:
        """Return the bound form, or None."""
        if value is None and self.allow_none:
            return None
        data = _form_data(value)
        kwargs = self._form_kwargs(window_info, arguments)
        return self.form_cls(data=data, files=None, **kwargs)

    def _form_kwargs(self, window_info: Any, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        if self.kwargs is None:
            return {}
        try:
            return self.kwargs(window_info, arguments)
        except (
            # What arguments that fit no object raise. A refused permission, a database that is
            # away, a bug are something else and pass.
            ArithmeticError,
            LookupError,
            ObjectDoesNotExist,
            TypeError,
            ValidationError,
            ValueError,
        ) as error:
            raise ValueError(
                f"the form can't be made with these arguments ({type(error).__name__})"
            ) from error


def converter_for(annotation: Any, *, nullable: bool = False) -> Converter:
    """Return the converter that a parameter's annotation means.

    Known are `int float bool str date datetime time timedelta Decimal UUID`, Enum classes (by
    value), `Literal`, `list[int]` and the other containers, `X | None` (empty text is None
    unless X takes it), `Annotated[...]`, forms. Any other class or callable is called with the
    value; what can't be called leaves the value as it is, as `Any` does.

    Args:
        annotation: the evaluated annotation.
        nullable: None is a value too, as for a parameter whose default is None.

    Raises:
        TypeError: the annotation can mean no conversion.

    >>> converter_for(list[int]).convert(["1", 2], None, {})
    [1, 2]
    >>> converter_for(bool).convert("false", None, {})
    False
    >>> converter_for(int | None).convert("", None, {}) is None
    True
    """
    converter = _converter_for(annotation)
    if nullable and not isinstance(converter, (SerializedForm, _Unchanged, _Union)):
        return _Union(((annotation, converter),), nullable=True)
    if nullable and isinstance(converter, _Union):
        return _Union(converter.members, nullable=True)
    return converter


# ------------------------------------------------------------------ converters of annotations


class _Unchanged(Converter):
    def convert(self, value: Any, window_info: Any, arguments: Mapping[str, Any]) -> Any:
        return value


_UNCHANGED = _Unchanged()


@dataclass(frozen=True)
class _Plain(Converter):
    """A function of ours, whose errors are ready to be shown."""

    function: Callable[[Any], Any]

    def convert(self, value: Any, window_info: Any, arguments: Mapping[str, Any]) -> Any:
        return self.function(value)


@dataclass(frozen=True)
class _Caster(Converter):
    """A callable of the project's, which may raise anything.

    Only a `ValidationError` is written to be shown; other texts, such as `int()`'s, repeat the
    value. They stay readable as the cause.
    """

    function: Callable[[Any], Any]
    before: Converter = _UNCHANGED

    def convert(self, value: Any, window_info: Any, arguments: Mapping[str, Any]) -> Any:
        value = self.before.convert(value, window_info, arguments)
        try:
            return self.function(value)
        except ValidationError as error:
            raise ValueError("; ".join(error.messages)) from error
        except Exception as error:
            name = getattr(self.function, "__qualname__", type(self.function).__qualname__)
            raise ValueError(f"{name} refused it ({type(error).__name__})") from error


@dataclass(frozen=True)
class _OneOf(Converter):
    """The result whose raw value was sent, exactly or as a form's text."""

    results: Sequence[tuple[Any, Any]]
    otherwise: type[Enum] | None = None  # whose `_missing_` may know more, as flags do

    def convert(self, value: Any, window_info: Any, arguments: Mapping[str, Any]) -> Any:
        for is_same in (_is_equal, _is_text_of):
            for raw, result in self.results:
                if is_same(raw, value):
                    return result
        if self.otherwise is not None and not isinstance(value, bool):
            with contextlib.suppress(Exception):
                return self.otherwise(value)
        raise ValueError(_expected_one_of([raw for raw, _ in self.results]))


@dataclass(frozen=True)
class _Items(Converter):
    kind: Callable[[list[Any]], Any]
    item: Converter

    @property
    def needs_others(self) -> bool:
        return self.item.needs_others

    def convert(self, value: Any, window_info: Any, arguments: Mapping[str, Any]) -> Any:
        if not isinstance(value, (list, tuple)):
            raise expected("a list", value)
        items = [
            _part(f"item {number}", self.item, part, window_info, arguments)
            for number, part in enumerate(value, 1)
        ]
        try:
            return self.kind(items)
        except TypeError:
            raise ValueError("expected plain values, to make a set of them") from None


@dataclass(frozen=True)
class _Tuple(Converter):
    members: tuple[Converter, ...]

    @property
    def needs_others(self) -> bool:
        return any(member.needs_others for member in self.members)

    def convert(self, value: Any, window_info: Any, arguments: Mapping[str, Any]) -> Any:
        if not isinstance(value, (list, tuple)):
            raise expected("a list", value)
        if len(value) != len(self.members):
            raise ValueError(f"expected a list of {len(self.members)}, got one of {len(value)}")
        return tuple(
            _part(f"item {number}", member, part, window_info, arguments)
            for number, (member, part) in enumerate(zip(self.members, value, strict=True), 1)
        )


@dataclass(frozen=True)
class _Dict(Converter):
    key: Converter
    item: Converter

    @property
    def needs_others(self) -> bool:
        return self.key.needs_others or self.item.needs_others

    def convert(self, value: Any, window_info: Any, arguments: Mapping[str, Any]) -> Any:
        if not isinstance(value, dict):
            raise expected("an object", value)
        return {
            _part(f"key {number}", self.key, key, window_info, arguments): _part(
                f"value {number}", self.item, part, window_info, arguments
            )
            for number, (key, part) in enumerate(value.items(), 1)
        }


@dataclass(frozen=True)
class _Union(Converter):
    """The first member that takes the value; one whose type it already has comes before."""

    members: tuple[tuple[Any, Converter], ...]
    nullable: bool

    @property
    def needs_others(self) -> bool:
        return any(member.needs_others for _, member in self.members)

    def convert(self, value: Any, window_info: Any, arguments: Mapping[str, Any]) -> Any:
        if value is None and self.nullable:
            return None
        is_blank = self.nullable and value == ""
        reasons = []
        for annotation, member in sorted(
            self.members,
            key=lambda pair: (typing.get_origin(pair[0]) or pair[0]) is not type(value),
        ):
            if is_blank and annotation is bool:
                continue  # in `bool | None` the select's empty choice is "unknown", not "no"
            try:
                return member.convert(value, window_info, arguments)
            except ValueError as error:
                reasons.append(error)
        if is_blank:
            return None
        text = ", or ".join(dict.fromkeys(str(reason) for reason in reasons))
        raise ValueError(text) from reasons[-1]


def _part(
    where: str, converter: Converter, value: Any, window_info: Any, arguments: Mapping[str, Any]
) -> Any:
    try:
        return converter.convert(value, window_info, arguments)
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from error


def _is_equal(candidate: Any, value: Any) -> bool:
    # True == 1 in Python, not in JSON.
    return isinstance(candidate, bool) == isinstance(value, bool) and bool(candidate == value)


def _is_text_of(candidate: Any, value: Any) -> bool:
    if candidate is None or isinstance(candidate, (str, bool)) or not isinstance(value, str):
        return False
    return str(candidate) == value.strip()


def _expected_one_of(values: Iterable[Any]) -> str:
    shown = [repr(value) for value in values]
    return f"expected one of {', '.join(shown[:10])}{', ...' if len(shown) > 10 else ''}"


def _form_data(value: Any) -> QueryDict:
    if not isinstance(value, list):
        raise expected("the fields of a form", value)
    pairs = []
    for number, field in enumerate(value, 1):
        if not (isinstance(field, dict) and isinstance(field.get("name"), str)):
            what = f'field {number}: expected {{"name": ..., "value": ...}}'
            raise ValueError(what)  # noqa: TRY004 - the promise of every converter
        try:
            pairs.append((field["name"], to_text(field.get("value"))))
        except ValueError as error:
            raise ValueError(f"field {number}: {error}") from error
    try:
        # The way of a form by POST: immutable, and bounded by DATA_UPLOAD_MAX_NUMBER_FIELDS.
        return QueryDict(urlencode(pairs), encoding="utf-8")
    except SuspiciousOperation as error:
        raise ValueError("the form has too many fields") from error
    except UnicodeEncodeError as error:
        raise ValueError("a field holds half a surrogate pair") from error


# ------------------------------------------------------------------ from annotation to converter

_SEQUENCES: Mapping[Any, Callable[[list[Any]], Any]] = {
    list: list,
    abc.Sequence: list,
    abc.MutableSequence: list,
    abc.Collection: list,
    abc.Iterable: list,
    set: set,
    abc.Set: set,
    abc.MutableSet: set,
    frozenset: frozenset,
}
_MAPPINGS = (dict, abc.Mapping, abc.MutableMapping)

_REFUSED: tuple[tuple[tuple[type, ...], str], ...] = (
    ((Converter,), "it needs an instance, as in RE('[a-z]+')"),
    ((Model,), "take the object's key, as in `pk: int`, and look it up where rights are checked"),
    ((SafeData,), "no text of a browser is safe HTML"),
    ((bytes, bytearray), "JSON has no bytes"),
)


def _converter_for(annotation: Any) -> Converter:
    if annotation is inspect.Parameter.empty or annotation is Any or annotation is object:
        return _UNCHANGED
    if isinstance(annotation, Converter):
        return annotation
    if isinstance(annotation, (str, typing.ForwardRef)):
        raise _meaningless(annotation, "it is text inside an annotation that is none")
    if annotation is None or (isinstance(annotation, type) and annotation in PLAIN):
        return _Plain(PLAIN[annotation])
    if hasattr(annotation, "__supertype__"):  # typing.NewType
        return _converter_for(annotation.__supertype__)
    if type(annotation).__name__ == "TypeAliasType":  # `type X = ...`, 3.12
        return _converter_for(annotation.__value__)
    origin = typing.get_origin(annotation) or annotation
    arguments = typing.get_args(annotation)
    if origin in (typing.Union, types.UnionType, typing.Literal, typing.Annotated) and arguments:
        return _special_form(origin, arguments)
    if typing.is_typeddict(annotation):
        return _Dict(_UNCHANGED, _UNCHANGED)
    if origin is tuple and arguments and arguments[-1] is not ...:
        return _Tuple(tuple(map(_converter_for, arguments)))
    if origin is tuple or (isinstance(origin, type) and origin in _SEQUENCES):
        item = _converter_for(arguments[0]) if arguments else _UNCHANGED
        return _Items(_SEQUENCES.get(origin, tuple), item)
    if origin in _MAPPINGS:
        key, value = arguments or (Any, Any)
        return _Dict(_converter_for(key), _converter_for(value))
    if origin is not annotation or type(annotation).__module__ == "typing":
        raise _meaningless(annotation, "it says nothing about a value")
    if isinstance(annotation, type):
        return _class_converter(annotation)
    if not callable(annotation):
        return _UNCHANGED
    if inspect.iscoroutinefunction(annotation):
        raise _meaningless(annotation, "arguments are converted synchronously")
    return _Caster(annotation)


def _special_form(origin: Any, arguments: tuple[Any, ...]) -> Converter:
    if origin is typing.Annotated:
        base, *metadata = arguments
        return _converter_for(
            next((entry for entry in metadata if isinstance(entry, Converter)), base)
        )
    if origin is typing.Literal:
        return _OneOf([(one.value if isinstance(one, Enum) else one, one) for one in arguments])
    members = [one for one in arguments if one is not type(None)]
    return _Union(
        tuple((one, _converter_for(one)) for one in members),
        nullable=len(members) < len(arguments),
    )


def _class_converter(annotation: type) -> Converter:
    for bases, reason in _REFUSED:
        if issubclass(annotation, bases):
            raise _meaningless(annotation, reason)
    if inspect.isabstract(annotation):
        raise _meaningless(annotation, "it is abstract")
    if issubclass(annotation, Enum):
        return _OneOf([(member.value, member) for member in annotation], otherwise=annotation)
    if issubclass(annotation, (BaseForm, BaseFormSet)):
        return SerializedForm(annotation)
    for base in (str, int, float, Decimal):
        if issubclass(annotation, base):
            return _Caster(annotation, before=_Plain(PLAIN[base]))
    return _Caster(annotation)


def _meaningless(annotation: Any, reason: str) -> TypeError:
    return TypeError(f"nothing can be converted to the annotation {annotation!r}: {reason}")
