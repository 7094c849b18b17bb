"""Two ways to visit a running system: as a browser that fills in forms, and as a program at the API."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from uuid import UUID, uuid4

import httpx

API = "/api/v1"
TIMEOUT_SECONDS = 30.0
Fields = list[tuple[str, str]]


class Unexpected(Exception):
    """The system did something else than it should have."""


@dataclass(slots=True)
class HtmlForm:
    """A form of a page; `fields` is what a browser would send as it stands."""

    action: str
    method: str
    fields: Fields = field(default_factory=list)

    def filled(self, values: Mapping[str, str | Sequence[str]]) -> dict[str, list[str]]:
        """The fields with some of them filled in anew."""
        data: dict[str, list[str]] = {}
        for name, value in self.fields:
            data.setdefault(name, []).append(value)
        return data | {name: [text] if isinstance(text, str) else [*text] for name, text in values.items()}


class _Reader(HTMLParser):
    """Collects the forms of a page and the targets of its links."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[HtmlForm] = []
        self.links: list[str] = []
        self._open: HtmlForm | None = None
        self._select: str | None = None
        self._textarea: str | None = None
        self._text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        if tag == "form":
            self._open = HtmlForm(given.get("action", ""), given.get("method", "get"))
            self.forms.append(self._open)
        if self._open is None:
            return
        if tag == "input" and self._is_sent(dict(attrs)):
            self._open.fields.append((given["name"], given.get("value", "on")))
        elif tag == "select":
            self._select = given["name"]
        elif tag == "option" and self._select and "selected" in given:
            self._open.fields.append((self._select, given["value"]))
        elif tag == "textarea":
            self._textarea, self._text = given["name"], ""

    def handle_data(self, data: str) -> None:
        self._text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None
        elif tag == "select":
            self._select = None
        elif tag == "textarea" and self._open and self._textarea:
            self._open.fields.append((self._textarea, self._text.removeprefix("\n")))
            self._textarea = None

    @staticmethod
    def _is_sent(given: Mapping[str, str | None]) -> bool:
        if "name" not in given or given.get("type") in ("file", "submit"):
            return False
        return given.get("type") not in ("checkbox", "radio") or "checked" in given


@dataclass(frozen=True, slots=True)
class Page:
    """A page as a browser has loaded it; `text` is its markup with the entities resolved."""

    status: int
    url: str
    text: str
    forms: list[HtmlForm]
    links: list[str]

    def words(self) -> str:
        """What a person reads on the page, roughly."""
        return " ".join(re.sub(r"<[^>]*>", " ", self.text.partition("<main")[2]).split())

    def form(self, action: str, method: str = "post") -> HtmlForm:
        """The form that goes to an address ending so; raises Unexpected."""
        for one in self.forms:
            if one.action.split("#")[0].endswith(action) and one.method == method:
                return one
        raise Unexpected(f"{self.url} ({self.status}) has no form for {action}: {self.words()[:2000]}")

    def link(self, part: str) -> str:
        """The first link whose target holds this; raises Unexpected."""
        for one in self.links:
            if part in one:
                return one
        raise Unexpected(f"{self.url} ({self.status}) has no link to {part}")


class Browser:
    """A person's browser: one session, cookies, redirects followed."""

    def __init__(self, base_url: str) -> None:
        self.http = httpx.Client(base_url=base_url, follow_redirects=True, timeout=TIMEOUT_SECONDS)

    def sign_in(self, email: str, password: str) -> Page:
        """Sign in through the page."""
        asked = self.open("/sign-in").form("/sign-in")
        return self.send(asked, {"email": email, "password": password})

    def open(self, url: str) -> Page:
        """Load a page."""
        return _page(self.http.get(url))

    def send(
        self,
        form: HtmlForm,
        values: Mapping[str, str | Sequence[str]] | None = None,
        files: Mapping[str, tuple[str, bytes, str]] | None = None,
        *,
        status: int = 200,
    ) -> Page:
        """Fill in a form and send it; raises Unexpected when the answer has another status."""
        data = form.filled(values or {})
        if form.method == "get":
            page = _page(self.http.get(form.action.split("#")[0], params=data))
        else:
            page = _page(self.http.post(form.action, data=data, files=files))
        if page.status != status:
            raise Unexpected(f"{form.action}: {page.status}, not {status}: {page.words()[:2000]}")
        return page

    def download(self, url: str) -> bytes:
        """The content of a file; raises Unexpected if it is not offered as one."""
        answer = self.http.get(url)
        if answer.status_code != 200 or "attachment" not in answer.headers.get("Content-Disposition", ""):
            raise Unexpected(f"{url} is no download: {answer.status_code}")
        return answer.content


class Program:
    """A person's program: speaks to the API with a token of its own."""

    def __init__(self, base_url: str, email: str, password: str) -> None:
        self.http = httpx.Client(base_url=base_url, timeout=TIMEOUT_SECONDS)
        body = {"email": email, "password": password}
        session = self.ask("POST", "/sessions", 201, json=body)
        self.http.headers["Authorization"] = f"Bearer {session['token']}"

    def get(self, path: str, status: int = 200) -> Any:
        """What the API has at this path."""
        return self.ask("GET", path, status)

    def post(self, path: str, body: object = None, *, status: int = 200, key: UUID | None = None) -> Any:
        """Change something, once per key."""
        headers = {"Idempotency-Key": str(key or uuid4())}
        return self.ask("POST", path, status, headers=headers, **({} if body is None else {"json": body}))

    def ask(self, method: str, path: str, status: int, **options: Any) -> Any:
        """The document of an answer, whose status must be this one; raises Unexpected."""
        answer = self.http.request(method, f"{API}{path}", **options)
        if answer.status_code != status:
            raise Unexpected(f"{method} {path}: {answer.status_code}, not {status}: {answer.text[:2000]}")
        return answer.json() if answer.content else None

    def complete(
        self,
        case_id: str,
        outcome: str,
        answers: object = None,
        *,
        status: int = 200,
        as_applicant: bool = False,
    ) -> Any:
        """Do the work that the case offers to this person."""
        shown = self.get(f"/applications/{case_id}" if as_applicant else f"/cases/{case_id}")
        return self.post(f"/cases/{case_id}/completions", completion(shown, outcome, answers), status=status)

    def try_completion(self, case_id: str, body: object) -> int:
        """The status that sending this completion is answered with."""
        headers = {"Idempotency-Key": str(uuid4())}
        return self.http.post(f"{API}/cases/{case_id}/completions", json=body, headers=headers).status_code

    def upload(self, application: str, path: str, file: tuple[str, bytes, str]) -> None:
        """Add a file (name, content, media type) to a field of an application."""
        headers = {"Idempotency-Key": str(uuid4())}
        self.ask(
            "POST", f"{application}/files", 201, data={"path": path}, files={"file": file}, headers=headers
        )


def completion(shown: Mapping[str, Any], outcome: str, answers: object) -> dict[str, Any]:
    """The body that completes what a case, as it was shown, offers; raises Unexpected."""
    for offer in shown["offers"]:
        if offer["action"] == "complete" and outcome in offer["outcomes"]:
            body = {"step": offer["step"], "seat": offer["seat"], "outcome": outcome, "entry": shown["entry"]}
            return {**body, "answers": answers}
    raise Unexpected(f"{outcome} is not offered: {shown['offers']}")


def _page(answer: httpx.Response) -> Page:
    reader = _Reader()
    if answer.headers.get("Content-Type", "").startswith("text/html"):
        reader.feed(answer.text)
    return Page(answer.status_code, str(answer.url), html.unescape(answer.text), reader.forms, reader.links)
