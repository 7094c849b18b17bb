"""Templates, compiled once for each language with its texts in them: no page looks up a word again."""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from typing import Any, cast

from flask.templating import Environment
from jinja2 import Template, nodes
from jinja2.runtime import Context
from jinja2.visitor import NodeTransformer

from web.language import lang
from workflow.texts import label, texts


class _Context(Context):
    """Calls at once what a page calls: nothing in our templates asks for a context of Jinja's."""

    def call(self, called: Callable[..., Any], *args: Any, **named: Any) -> Any:
        named.pop("_loop_vars", None)
        named.pop("_block_vars", None)
        return called(*args, **named)


class Templates(Environment):
    """Flask's environment; each template that it gives is the one in the language of the request."""

    context_class = _Context

    language = ""
    """Of the environment that compiles for one language; those that people ask speak all."""
    known: dict[str, Template]
    """What it has compiled: each part of a page asks for the parts that it is made of."""

    def get_template(
        self,
        name: str | Template,
        parent: str | None = None,
        globals: MutableMapping[str, Any] | None = None,
    ) -> Template:
        if self.language:
            if self.auto_reload or globals or isinstance(name, Template):
                return super().get_template(name, parent, globals)
            if name not in self.known:
                self.known[name] = super().get_template(name, parent)
            return self.known[name]
        return self._speaking(lang()).get_template(name, parent, globals)

    def compile_all(self, language: str) -> None:
        """Before pages are asked for: the first of each kind takes half a second, and holds up the others."""
        for name in self.list_templates(["html"]):
            self._speaking(language).get_template(name)

    def make_globals(self, given: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """Those of the environment as they are: Jinja's own chain of maps is searched at every import."""
        return super().make_globals(given) if given else self.globals

    def _speaking(self, language: str) -> Templates:
        spoken: dict[str, Templates] = self.__dict__.setdefault("_spoken", {})
        if language not in spoken:
            made = self.overlay()
            made.language = language
            made.known = {}
            made.filters = {**self.filters, "label": lambda labels: label(labels, language)}
            spoken[language] = made
        return spoken[language]

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        return cast(nodes.Template, _Said(self.language).visit(tree)) if self.language else tree


class _Said(NodeTransformer):
    """Puts texts in the place of `_("…")`, `_("… %(name)s …", name=…)` and `lang()`."""

    def __init__(self, language: str) -> None:
        self.language = language

    def visit_Call(self, node: nodes.Call) -> nodes.Node:
        call = cast(nodes.Call, self.generic_visit(node))
        match call:
            case nodes.Call(node=nodes.Name(name="lang")):
                return nodes.Const(self.language)
            case nodes.Call(node=nodes.Name(name="_"), args=[nodes.Const(value=msgid)]):
                text = nodes.Const(texts(self.language).gettext(msgid))
                said = [nodes.Pair(nodes.Const(one.key), one.value) for one in call.kwargs]
                return nodes.Mod(text, nodes.Dict(said)) if said else text
        return call
