"""A form's errors on their way to the page."""

import pytest
from django import forms
from django.core.exceptions import ValidationError
from django.utils import translation

from dfws_html import html
from dfws_html.testing import SignalQueue
from tests.working import window


class Booking(forms.Form):
    name = forms.CharField(max_length=3)
    guests = forms.IntegerField()
    secret = forms.IntegerField(widget=forms.HiddenInput)
    when = forms.SplitDateTimeField(required=False)
    day = forms.DateField(widget=forms.SelectDateWidget, required=False)

    def clean(self):
        raise ValidationError("Not <today>.")


def errors(form, *args, to="room", **options):
    with SignalQueue() as queue:
        html.form_errors(window(), form, *args, to=to, **options)
    [(name, arguments)] = queue.ws_signals["-str.room"]
    assert name == "forms.errors"
    return arguments


def test_errors_by_the_names_in_the_page():
    data = {"b-name": "four", "b-secret": "x", "b-when_0": "never"}
    data |= {"b-day_year": "2000", "b-day_month": "2", "b-day_day": "31"}
    found = errors(Booking(data, prefix="b"), "#booking", focus=False)
    assert found == {
        "selector": "#booking",
        "errors": {
            "b-name": ["Ensure this value has at most 3 characters (it has 4)."],
            "b-guests": ["This field is required."],
            "b-when_0": ["Enter a valid date."],
            "b-day_month": ["Enter a valid date."],
        },
        "non_field": ["Not <today>.", "(Hidden field secret) Enter a whole number."],
        "focus": False,
    }


def test_no_errors_clear_those_that_were():
    class Small(forms.Form):
        name = forms.CharField()

    cleared = {
        "selector": 'form:has([name="name"])',
        "errors": {},
        "non_field": [],
        "focus": True,
    }
    assert errors(Small()) == cleared
    assert errors(Small({"name": "x"})) == cleared


def test_the_form_is_found_by_its_first_field():
    assert errors(Booking({}, prefix="b"))["selector"] == 'form:has([name="b-name"])'
    assert errors(Booking({}, prefix='"\\'))["selector"] == r'form:has([name="\"\\-name"])'
    with pytest.raises(ValueError, match="html.form_errors: Form has no field .* selector"):
        errors(forms.Form({}))
    assert errors(forms.Form({}), "#f")["selector"] == "#f"


class Line(forms.Form):
    count = forms.IntegerField()

    def clean(self):
        if self.cleaned_data.get("count") == 13:
            raise ValidationError("Not 13.")


def test_a_formset():
    Lines = forms.formset_factory(Line, max_num=1, validate_max=True, can_delete=True)
    data = {
        "l-TOTAL_FORMS": "4",
        "l-INITIAL_FORMS": "0",
        "l-0-count": "x",
        "l-1-count": "13",
        "l-2-count": "y",
        "l-2-DELETE": "on",
        "l-3-count": "4",
    }
    found = errors(Lines(data, prefix="l"))
    assert found["selector"] == 'form:has([name="l-TOTAL_FORMS"])'
    assert found["errors"] == {"l-0-count": ["Enter a whole number."]}
    assert found["non_field"] == ["Please submit at most 1 form.", "Not 13."]


def test_a_formset_without_its_management_form():
    found = errors(forms.formset_factory(Line)({}))
    assert found["errors"] == {}
    assert "ManagementForm data is missing" in found["non_field"][0]


def test_the_language_is_that_of_whoever_gets_it():
    with translation.override("fr"):
        form = Line({"count": "x"})
        assert errors(form)["errors"] == {"count": ["Enter a whole number."]}
        own = window()
        with SignalQueue() as queue:
            html.form_errors(own, Line({"count": "x"}))
        [(_, arguments)] = queue.ws_signals[f"-window.{own.window_key}"]
    assert arguments["errors"] == {"count": ["Saisissez un nombre entier."]}


def test_in_a_batch():
    with SignalQueue() as queue, html.batch(window(), to="room") as page:
        page.form_errors(Line({"count": "x"}))
    [[name, arguments]] = queue.ws_signals["-str.room"][0][1]["ops"]
    assert name == "forms.errors"
    assert arguments["errors"] == {"count": ["Enter a whole number."]}
