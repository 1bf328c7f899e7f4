"""`testing.call`: a browser's call without a browser, by the same rules."""

from datetime import date
from zoneinfo import ZoneInfo

import pytest
from django import forms
from django.contrib.auth.models import User
from django.utils import timezone, translation

from dfws_html import html
from dfws_html.decorators import SerializedForm, everyone, has_perm, is_authenticated, signal
from dfws_html.exceptions import InvalidArguments, SignalNotAllowed, UnknownSignal
from dfws_html.tasks import SERVER, WINDOW, trigger
from dfws_html.testing import SignalQueue, call, window_of
from dfws_html.work.registry import registry


@pytest.fixture(autouse=True)
def isolated():
    with registry.isolated():
        yield


def test_arguments_come_as_from_a_browser_and_the_answer_as_json():
    @signal(path="later", is_allowed_to=everyone)
    def later(window_info, day: date, days: int = 1):
        return [day.replace(day=day.day + days)]

    assert call(window_of(), "later", day=date(2026, 5, 1), days="2") == ["2026-05-03"]


def test_text_that_is_not_safe_is_escaped():
    @signal(path="echo", is_allowed_to=everyone)
    def echo(window_info, text: str):
        return text

    assert call(window_of(), "echo", text="<b>") == "&lt;b&gt;"


@pytest.mark.django_db
def test_a_permission_is_asked_with_the_rights_of_the_database():
    @signal(path="edit", is_allowed_to=is_authenticated & has_perm("auth.change_group"))
    def edit(window_info):
        return window_info.username

    ada = User.objects.create_user("ada")
    for window in (window_of(), window_of(ada)):
        with pytest.raises(SignalNotAllowed):
            call(window, "edit")
    User.objects.update(is_superuser=True)
    with pytest.raises(SignalNotAllowed):
        call(window_of(ada), "edit")  # as it was read before
    assert call(window_of(User.objects.get()), "edit") == "ada"


@pytest.mark.django_db
def test_the_function_gets_the_user_of_the_database():
    @signal(path="who", is_allowed_to=everyone)
    def who(window_info):
        return window_info.username

    ada = User.objects.create_user("ada")
    User.objects.update(username="lovelace")
    assert call(window_of(ada), "who") == "lovelace"
    with pytest.raises(ValueError, match="'grace' is not saved"):
        call(window_of(User(username="grace")), "who")


def test_refusals_are_the_exceptions_of_a_real_call():
    @signal(path="double", is_allowed_to=everyone)
    def double(window_info, number: int):
        return number * 2

    @signal(path="inner")
    def inner(window_info):
        return 1

    with pytest.raises(UnknownSignal, match="double"):
        call(window_of(), "doubel")
    with pytest.raises(SignalNotAllowed):
        call(window_of(), "inner")
    for arguments in ({}, {"numbr": 1}, {"number": "x"}):
        with pytest.raises(InvalidArguments):
            call(window_of(), "double", **arguments)
    with pytest.raises(TypeError):
        call(window_of(), "double", number=object())


def test_what_a_function_raises_is_raised_and_two_answers_are_one_too_many():
    @signal(path="both", is_allowed_to=everyone)
    def first(window_info):
        return 1

    @signal(path="both", is_allowed_to=everyone)
    def second(window_info):
        return 2

    @signal(path="broken", is_allowed_to=everyone)
    def broken(window_info):
        raise LookupError("nothing there")

    with pytest.raises(LookupError, match="nothing there"):
        call(window_of(), "broken")
    with pytest.raises(ValueError, match="2 handlers of 'both' returned something"):
        call(window_of(), "both")


def test_what_it_triggers_is_kept_and_it_knows_its_window():
    class NameForm(forms.Form):
        name = forms.CharField()

    @signal(path="save", is_allowed_to=everyone)
    def save(window_info, form: SerializedForm(NameForm)):
        assert form.is_valid()
        html.text(window_info, "#name", form.cleaned_data["name"])
        trigger(window_info, "audit", to=[SERVER], name=form.cleaned_data["name"])

    window = window_of()
    with SignalQueue() as queue:
        assert call(window, "save", form=[{"name": "name", "value": "Ada"}]) is None
    topic = f"-window.{window.window_key}"
    assert queue.ws_signals == {topic: [("html.text", {"selector": "#name", "content": "Ada"})]}
    [row] = queue.python_signals["celery"]
    assert (row[0], row[2]) == ("audit", {"name": "Ada"})
    assert row[1]["window_key"] == window.window_key


def test_asynchronous_functions_language_and_time_zone():
    @signal(path="where", is_allowed_to=everyone)
    async def where(window_info):
        return [translation.get_language(), str(timezone.get_current_timezone())]

    window = window_of(language_code="fr", time_zone="Asia/Tokyo")
    before = translation.get_language()
    assert call(window, "where") == ["fr", str(ZoneInfo("Asia/Tokyo"))]
    assert translation.get_language() == before


def test_windows_are_different_ones():
    one, other = window_of(), window_of()
    assert one.window_key != other.window_key
    assert one.session_id != other.session_id
    with SignalQueue() as queue:
        for window in (one, other):
            trigger(window, "s", to=[WINDOW])
    assert len(queue.ws_signals) == 2
