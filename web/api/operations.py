"""How the API is spoken to: who asks, once-only keys, parsing, and one decorator for every operation."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import wraps
from http import HTTPStatus
from typing import Any, NoReturn, TypeVar, cast
from uuid import UUID

from flask import Request, g, request
from flask_smorest import Api, Blueprint  # type: ignore[import-untyped]
from marshmallow import Schema, ValidationError, missing
from structlog.contextvars import bind_contextvars
from webargs.flaskparser import FlaskParser
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import BadRequest, PreconditionRequired, Unauthorized, UnsupportedMediaType

from tasks.nudge import nudge
from web.posted import check_json
from web.schemas import Refusal, Submission
from web.security import ANONYMOUS_BYTES, FORM_BYTES, db, now
from workflow.accounts import SignedIn, who_is
from workflow.engine.commands import Command
from workflow.errors import FoerderwegError, Invalid, Problem
from workflow.service import Done, handle

PROBLEM_TYPE = "application/problem+json"
KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "schema": {"type": "string", "format": "uuid"},
    "description": "A UUID made by the client. The same request with the same key is done once.",
}
FIRST_OF_TWO = {
    "202": {
        "description": "The first of two signatures is there; nothing else is done",
        "content": {"application/json": {"schema": Submission}},
    }
}

View = TypeVar("View", bound=Callable[..., Any])


class Parser(FlaskParser):
    """Answers with our own problems, and takes no parameter that it does not know."""

    def __init__(self) -> None:
        super().__init__()
        self.DEFAULT_UNKNOWN_BY_LOCATION = {**self.DEFAULT_UNKNOWN_BY_LOCATION, "query": "raise"}

    def load_json(self, req: Request, schema: Schema) -> Any:
        if not req.is_json:
            raise UnsupportedMediaType
        try:
            given = super().load_json(req, schema)
            if given is not missing:
                check_json(given)
                _refuse_nul(given)
        except (RecursionError, UnicodeEncodeError):
            raise BadRequest from None
        return given

    def handle_error(
        self,
        error: ValidationError,
        req: Request,  # noqa: ARG002
        schema: Schema,
        **_options: Any,
    ) -> NoReturn:
        (found,) = cast("dict[str, Any]", error.messages).values()
        given = error.data if isinstance(error.data, Mapping) else {}
        codes = {name: _problem_code(name, schema, given) for name in found}
        raise Invalid(
            {"body" if name == "_schema" else name: [Problem(code)] for name, code in codes.items()}
        )


class Operations(Blueprint):  # type: ignore[misc]
    """The API's blueprint: smorest's, with our parser."""

    ARGUMENTS_PARSER = Parser()


class Document(Api):  # type: ignore[misc]
    """The OpenAPI document; what errors look like is told here, and made in web.errors."""

    def _register_error_handlers(self) -> None:
        """web.errors has them."""

    def _register_responses(self) -> None:
        for name in [*(status.name for status in HTTPStatus), "DEFAULT_ERROR"]:
            response = {"description": "Refused", "content": {PROBLEM_TYPE: {"schema": Refusal}}}
            self.spec.components.response(name, response, lazy=True)


blueprint = Operations("api", __name__, url_prefix="/api/v1")


def operation(
    method: str,
    path: str,
    *,
    body: type[Schema] | None = None,
    query: type[Schema] | None = None,
    gives: Schema | type[Schema] | None = None,
    status: int = 200,
    key: bool = False,
    public: bool = False,
    most_bytes: int | None = FORM_BYTES,
    **words: Any,
) -> Callable[[View], View]:
    """An operation of the API. `body` or `query` is parsed and comes first among the view's arguments.

    `key`: it needs an Idempotency-Key. `public`: anybody may ask. `most_bytes`: of the request's body, None
    for the app's limit. `words` go into the document as they are.
    """
    asked = [{"in": "query", "schema": query}] if query else []  # this list takes the place of smorest's own
    words["parameters"] = [*asked, *([KEY] if key else []), *words.get("parameters", ())]
    words["responses"] = {"default": "DEFAULT_ERROR", **words.get("responses", {})}
    if public:
        words["security"] = []

    def decorate(view: View) -> View:
        answer = view
        if body:
            answer = blueprint.arguments(body)(answer)
        if query:
            answer = blueprint.arguments(query, location="query")(answer)
        answer = blueprint.doc(**words)(blueprint.response(status, gives)(answer))

        @wraps(answer)
        def guarded(*args: Any, **named: Any) -> Any:
            if public:
                request.max_content_length = ANONYMOUS_BYTES
            else:
                caller()
                request.max_content_length = most_bytes or request.max_content_length
            response = answer(*args, **named)
            if status == HTTPStatus.NO_CONTENT:
                del response.headers["Content-Type"]
            return response

        blueprint.route(path, methods=[method])(guarded)
        return view

    return decorate


def caller() -> SignedIn:
    """The person whose token the request carries. No cookie counts here, so no CSRF token is needed."""
    if "api_caller" not in g:
        token = request.authorization.token if request.authorization else None
        bearer = request.authorization is not None and request.authorization.type == "bearer"
        person = who_is(db(), token, kind="api", now=now()) if bearer and token else None
        if person is None:
            raise Unauthorized(www_authenticate=WWWAuthenticate("bearer"))
        g.api_caller = person
        bind_contextvars(person_id=str(person.person_id))
    return cast(SignedIn, g.api_caller)


def once() -> UUID:
    """The request's Idempotency-Key."""
    given = request.headers.get("Idempotency-Key")
    if given is None:
        raise FoerderwegError("idempotency_key_missing")
    try:
        return UUID(given)
    except ValueError:
        raise FoerderwegError("idempotency_key_not_a_uuid") from None


def do(command: Command, answers: Mapping[str, Any] | None = None) -> Done:
    """Let the person who asks do this to a case: the one place where the API changes one."""
    key = once()
    bind_contextvars(command_id=str(key), case_id=str(command.case_id))
    done = handle(db(), command, caller().actor, key, now(), answers)
    nudge()
    return done


def revision_seen(*, needed: bool = True) -> int | None:
    """The revision of the If-Match header; 0, which no application has, for anything that is not one.

    None for whichever it is: `*` (RFC 9110 section 13.1.1), and no header where none is `needed`.
    """
    given = request.headers.get("If-Match")
    if given is None and needed:
        raise PreconditionRequired
    if given is None or given.strip() == "*":
        return None
    number = given.strip().strip('"')
    return int(number) if number.isascii() and number.isdecimal() and len(number) < 10 else 0


def _refuse_nul(given: Any) -> None:
    """Raises Invalid naming the first text with the character NUL, which PostgreSQL cannot hold."""
    found = next(_with_nul(given, ""), None)
    if found is not None:
        raise Invalid({found.removeprefix("answers.") or "body": [Problem("bad_character")]})


def _with_nul(given: Any, path: str) -> Iterator[str]:
    """Of a JSON value: paths such as budget.costs.2.label; of a name with NUL in it, where it stands."""
    if isinstance(given, str) and "\0" in given:
        yield path
    inside = given.items() if isinstance(given, dict) else enumerate(given) if isinstance(given, list) else ()
    for name, one in inside:
        if "\0" in str(name):
            yield path
        else:
            yield from _with_nul(one, f"{path}.{name}".removeprefix("."))


def _problem_code(name: str, schema: Schema, given: Mapping[str, Any]) -> str:
    if name in schema.fields:
        return "wrong_type" if name in given else "required"
    return "unknown_field" if name in given else "wrong_type"
