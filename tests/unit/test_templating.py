"""Our shorter ways through Jinja: what comes out is what Jinja would have said."""

from __future__ import annotations

import pytest
from flask import Flask
from jinja2 import DictLoader, Environment, StrictUndefined, UndefinedError
from markupsafe import Markup

from web.templating import Templates


def environments() -> list[Environment]:
    app = Flask(__name__)
    app.jinja_environment = Templates
    app.jinja_env.undefined = StrictUndefined
    return [app.jinja_env, Environment(autoescape=True, undefined=StrictUndefined)]


@pytest.mark.parametrize(
    "template",
    [
        "{% macro m(a, b='<') %}{{ a }}{{ b }}{% endmacro %}{{ m('&') }}{{ m('&', b='>') }}{{ m(*both) }}",
        "{% macro m(a) %}{{ a }}{% endmacro %}{{ m(m('<')) }}{{ m(**{'a': '<'}) }}{{ said(class='<') }}",
        "{% set x %}{{ one.name }}<{% endset %}{{ x }}{{ x ~ '<' }}{{ one.label | upper | escape }}",
        "{% macro m() %}<{{ caller() }}>{% endmacro %}{% call m() %}{{ one.name }}{% endcall %}",
        "{% for at in both %}{{ loop.index }}{{ at.upper() }}{{ one.get('name') }}{% endfor %}",
    ],
)
def test_a_template_says_what_jinja_makes_of_it(template: str) -> None:
    given = {
        "one": {"name": "<i>", "label": Markup("<b>")},
        "both": ["<a>", "&"],
        "said": lambda **named: str(named),
    }
    ours, jinjas = (one.from_string(template).render(**given) for one in environments())
    assert ours == jinjas


@pytest.mark.parametrize("template", ["{{ gone }}", "{{ gone() }}", "{{ one.gone }}", "{{ one.gone() }}"])
def test_what_is_not_there_is_a_mistake(template: str) -> None:
    for one in environments():
        with pytest.raises(UndefinedError):
            one.from_string(template).render(one={"name": ""})


def test_what_was_compiled_beforehand_is_compiled_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first page of a process waits for no compiler, nor do the others behind it."""
    [ours, _] = environments()
    assert isinstance(ours, Templates)
    ours.loader = DictLoader({"a.html": "a{% include 'b.html' %}", "b.html": "{{ _('b') }}", "c.txt": "{{"})
    ours.compile_all("de")
    monkeypatch.setattr(Templates, "compile", None)
    monkeypatch.setattr("web.templating.lang", lambda: "de")
    assert ours.get_template("a.html").render() == "ab"
