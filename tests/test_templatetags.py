"""The tags as a template's author writes them, under each of the library's names."""

import pytest
from django.template import Context, Engine, TemplateSyntaxError

LIBRARIES = {
    name: f"dfws_html.templatetags.{name}" for name in ("dfws_html", "df_websockets", "websockets")
}
ENGINE = Engine(libraries=LIBRARIES)


def render(source, library="df_websockets", autoescape=True, **context):
    template = ENGINE.from_string(f"{{% load {library} %}}{source}")
    return template.render(Context(context, autoescape=autoescape))


SEED = (
    'data-df-signal=\'[{"name": "signal.name", "on": "change", "form": "form_data", '
    '"opts": {"id": 42}}]\''
)


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("autoescape", [True, False])
def test_the_seed_s_form_under_three_names(library, autoescape):
    source = '<form {% js_call "signal.name" on="change" form="form_data" id=42 %}>'
    assert render(source, library, autoescape) == f"<form {SEED}>"


def test_the_seed_s_field():
    source = '<input {% js_call "signal.name" on="change" value="title" id=42 %}>'
    assert render(source) == (
        '<input data-df-signal=\'[{"name": "signal.name", "on": "change", "value": "title", '
        '"opts": {"id": 42}}]\'>'
    )


def test_several_calls_are_kept_and_written_as_one():
    source = (
        '{% js_call "a" on="click" as one %}{% js_call "b" prevent=False n=one.x as two %}'
        "<b {% js_calls one two %}>"
    )
    assert render(source) == (
        '<b data-df-signal=\'[{"name": "a", "on": "click"}, '
        '{"name": "b", "prevent": false, "opts": {"n": ""}}]\'>'
    )


def test_variables_are_escaped_and_unknown_ones_are_absent():
    source = "<b {% js_call name on=nothing form=nothing prevent=nothing text=text %}>"
    assert render(source, name="a", text="'><script>") == (
        '<b data-df-signal=\'[{"name": "a", "opts": {"text": "&#x27;&gt;&lt;script&gt;"}}]\'>'
    )


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("{% js_call nothing %}", 'js_call: "name" is empty'),
        ('{% js_call "a" prevent="yes" %}', '"prevent" must be true or false'),
        ('{% js_call "a" thing=thing %}', 'js_call: the call of "a": .* not JSON serializable'),
        ("{% js_calls nothing %}", "js_calls: argument 1"),
        ('{% js_call "a" as x %}{% js_calls x "b" %}', "js_calls: argument 2"),
        ("{% js_call %}", "name"),
    ],
)
def test_a_mistake_is_a_template_syntax_error(source, message):
    with pytest.raises(TemplateSyntaxError, match=message):
        render(source, thing=object())
