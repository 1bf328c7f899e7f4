"""The tags as a template's author writes them, under each of the library's names."""

import pytest
from django.template import Context, Engine, TemplateSyntaxError

from dfws_html.work.handlers import Handler
from dfws_html.work.registry import registry

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
        ("{% js_call cart.add %}", 'js_call: "name" is empty .is it a variable'),
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


def test_every_key_and_what_is_none():
    source = (
        '{% signal "search" on="input changed delay:300ms" value="q" target="#found" swap="morph" '
        'sync="replace" timeout=5000 reset=True confirm=nothing id=42 opts=more %}'
    )
    written = render(f"<b {source}>", more={"target": "<x>", "name": "y"})
    assert written == (
        '<b data-df-signal=\'[{"name": "search", "on": "input changed delay:300ms", "value": "q", '
        '"target": "#found", "swap": "morph", "sync": "replace", "reset": true, "timeout": 5000, '
        '"opts": {"target": "&lt;x&gt;", "name": "y", "id": 42}}]\'>'
    )


def test_signal_and_js_call_are_kept_alike():
    source = (
        '{% signal "a" swap="none" as one %}{% js_call "b" swap="none" as two %}'
        "{% js_calls one two %}"
    )
    assert render(source) == (
        'data-df-signal=\'[{"name": "a", "swap": "none"}, '
        '{"name": "b", "opts": {"swap": "none"}}]\''
    )


def test_an_argument_of_the_function_that_is_called_like_a_key():
    def post(window_info, target, form=None): ...

    with registry.isolated():
        registry.add(Handler(signal="post", function=post))
        for given in ('target="#a"', 'form="data"', 'name="x"'):
            with pytest.raises(TemplateSyntaxError, match=r"signal 'post': .* opts="):
                render(f'{{% signal "post" {given} %}}')
        written = render(
            '{% signal "post" target="#a" form="form" opts=opts %}', opts={"target": 7}
        )
    assert '"form": "form", "target": "#a", "opts": {"target": 7}' in written


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ('trigger="input"', 'no function of it has an argument "trigger"; .* the key "on"'),
        ('indicator="#busy"', 'argument "indicator"; .* the key "busy"'),
        ('disabled_elt="this"', 'argument "disabled_elt"; .* the key "disable"'),
        ('targt="#found"', 'argument "targt"; did you mean "target"'),
        ('value="query"', 'argument "query"'),
        ("opts=more", 'argument "page"'),
    ],
)
def test_an_argument_that_no_function_takes(given, message):
    with registry.isolated():
        registry.add(Handler(signal="search", function=lambda window_info, q="": None))
        with pytest.raises(TemplateSyntaxError, match=message):
            render(f'{{% signal "search" {given} %}}', more={"page": 2})
        assert render('{% signal "search" value="q" %}')
        # One that takes all of them, and a signal that only pages know.
        registry.add(Handler(signal="search", function=lambda window_info, **opts: None))
        for signal in ("search", "known.elsewhere"):
            assert render(f'{{% signal "{signal}" {given} %}}', more={"page": 2})


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ('{% signal "a" reset="true" %}', '"reset" must be true or false, not text'),
        ('{% signal "a" swap="morp" %}', 'signal \'a\': "swap": unknown style "morp"; did you'),
        ('{% signal "a" opts=3 %}', '"opts" must be an object with names as keys, not a number'),
        ('{% signal "a" thing=thing %}', 'the call of "a": .* not JSON serializable'),
        ("{% signal cart.add %}", '"name" is empty .is it a variable'),
        ("{% signal %}", "name"),
    ],
)
def test_a_mistake_in_signal_is_a_template_syntax_error(source, message):
    with pytest.raises(TemplateSyntaxError, match=message):
        render(source, thing=object())
