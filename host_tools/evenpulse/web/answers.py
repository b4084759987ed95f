"""A Problem as an answer: a page for a person, JSON for a script."""

from starlette.requests import HTTPConnection
from starlette.responses import HTMLResponse, JSONResponse, Response

from evenpulse.base.errors import Problem
from evenpulse.base.markup import joined, tag

_PARTS = (("tried", "tried"), ("seen", "seen"), ("next", "do_next"))


def told(problem: Problem) -> dict[str, str]:
    """A Problem as JSON."""
    return {
        "what": problem.what,
        **{part: text for _, part in _PARTS if (text := getattr(problem, part))},
    }


def answer(asked: HTTPConnection, problem: Problem, status: int) -> Response:
    """In the form that was asked for."""
    if "text/html" not in asked.headers.get("accept", ""):
        return JSONResponse(told(problem), status)
    rows = [
        tag("p", tag("strong", f"{label}: "), text)
        for label, part in _PARTS
        if (text := getattr(problem, part))
    ]
    head = tag("head", tag("meta", charset="utf-8"), tag("title", "Evenpulse"))
    body = tag("body", tag("h1", problem.what), *rows)
    return HTMLResponse(
        "<!doctype html>\n" + tag("html", joined(head, body), lang="en"), status_code=status
    )
