"""Who may speak to a page: every route, method, Host, Origin, Sec-Fetch-Site and session, in one
matrix. What is allowed is written down here by hand, not worked out by the guard's own rules.
"""

import itertools

import pytest
from asked import ask
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute

from evenpulse.web.guard import HEADERS, Guard, Session

PORT = 9300
OURS = f"127.0.0.1:{PORT}"
TOUCHED: list[str] = []


async def _touch(request):
    TOUCHED.append(request.method)
    return PlainTextResponse("secret")


async def _socket(websocket):
    TOUCHED.append("websocket")
    await websocket.accept()
    await websocket.send_text("secret")


@pytest.fixture
def session():
    return Session(PORT)


@pytest.fixture
def app(session):
    methods = ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"]
    routes = [Route("/", _touch, methods=methods), Route("/act", _touch, methods=methods)]
    TOUCHED.clear()
    return Guard(Starlette(routes=[*routes, WebSocketRoute("/twin", _socket)]), session)


@pytest.fixture
def cookie(app, session):
    """What a browser has that used the opened address."""
    answer = ask(app, "GET", session.address)
    assert answer.status == 303 and answer.headers["location"] == "/"
    return {"cookie": answer.headers["set-cookie"].partition(";")[0]}


HOSTS = {
    OURS: True,
    f"localhost:{PORT}": True,
    f"LOCALHOST:{PORT}": True,
    "127.0.0.1": False,
    f"127.0.0.1:{PORT + 1}": False,
    f"evil.example:{PORT}": False,
    f"localhost.evil.example:{PORT}": False,
    f"127.0.0.1:{PORT}.evil.example": False,
    "": False,
}
ORIGINS = [None, "ours", f"http://localhost:{PORT + 1}", f"https://{OURS}", "null", "http://evil"]
SITES = [None, "none", "same-origin", "same-site", "cross-site"]
METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"]


def allowed(method, host, origin, site):
    """By hand: reading from ourselves or the address bar, writing from ourselves alone."""
    if not HOSTS[host] or origin not in (None, "ours"):
        return False
    if method in ("GET", "HEAD"):
        return site in (None, "none", "same-origin")
    return method == "POST" and (site == "same-origin" or site is None and origin == "ours")


def headers_of(host, origin, site=None):
    told = {"host": host}
    if origin:
        told["origin"] = f"http://{host.lower()}" if origin == "ours" else origin
    if site:
        told["sec-fetch-site"] = site
    return told


@pytest.mark.parametrize("path", ["/", "/act", "/nothing"])
@pytest.mark.parametrize("known", [True, False], ids=["session", "no session"])
def test_the_matrix(app, cookie, path, known):
    let = 0
    for method, host, origin, site in itertools.product(METHODS, HOSTS, ORIGINS, SITES):
        TOUCHED.clear()
        answer = ask(app, method, path, headers_of(host, origin, site) | (cookie if known else {}))
        may = known and allowed(method, host, origin, site)
        case = (method, path, host, origin, site, answer.status)
        assert bool(TOUCHED) == (may and path != "/nothing"), case
        assert (answer.status < 400 or answer.status == 404) == may, case
        assert "secret" not in answer.text or may, case
        assert HEADERS.items() <= answer.headers.items(), case
        let += may
    assert let > 20 or not known, "the matrix has cases of both kinds"


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("origin", ORIGINS)
def test_a_websocket_needs_our_own_origin(app, cookie, known, host, origin):
    """Its handshake has a cookie whoever begins it, and no Sec-Fetch-Site to rely on."""
    answer = ask(app, "WEBSOCKET", "/twin", headers_of(host, origin) | (cookie if known else {}))
    may = known and HOSTS[host] and origin == "ours"
    assert (answer.status == 101) == may and bool(TOUCHED) == may
    assert "secret" not in answer.text or may


def test_another_page_may_link_to_ours_and_may_not_frame_or_fetch_it(app, cookie):
    from_elsewhere = {**cookie, "sec-fetch-site": "cross-site"}
    opened = ask(app, "GET", "/", {**from_elsewhere, "sec-fetch-mode": "navigate"})
    assert opened.status == 200
    assert "frame-ancestors 'none'" in opened.headers["content-security-policy"]
    for mode in ("no-cors", "cors", "same-origin", "websocket"):
        assert ask(app, "GET", "/", {**from_elsewhere, "sec-fetch-mode": mode}).status == 403


def test_the_address_is_good_for_one_browser(app, session, cookie):
    answer = ask(app, "GET", session.address, {"accept": "text/html"})
    assert answer.status == 401 and "set-cookie" not in answer.headers
    assert "token=None" in session.address, "it is not told again"
    # The browser that has used it may have it in its history.
    assert ask(app, "GET", "/?token=used", cookie).status == 303


@pytest.mark.parametrize("token", ["", "None", "x", "%C3%A9"])
def test_a_wrong_token_opens_nothing_and_spends_nothing(app, session, token):
    assert ask(app, "GET", f"/?token={token}").status == 401
    assert ask(app, "GET", session.address).status == 303


def test_the_token_is_not_spent_by_what_no_person_opened(app, session):
    """A page elsewhere that guesses, or a link preview that only asks for the head."""
    assert ask(app, "HEAD", session.address).status == 405
    assert ask(app, "WEBSOCKET", session.address, headers_of(OURS, "ours")).status == 403
    assert ask(app, "GET", session.address, {"origin": "http://evil"}).status == 403
    assert ask(app, "GET", session.address, {"host": f"evil:{PORT}"}).status == 421
    assert ask(app, "GET", session.address).status == 303


def test_the_cookie_is_of_this_port_and_for_no_script(app, session):
    given = ask(app, "GET", session.address).headers["set-cookie"]
    name, _, rest = given.partition("=")
    assert name == f"evenpulse_{PORT}" and Session(PORT + 1).cookie != name
    assert rest.split("; ")[1:] == ["Path=/", "HttpOnly", "SameSite=Strict"]
    assert not Session(PORT).knows({name: rest.partition(";")[0]}), "it is of another run"


def test_a_refusal_is_a_problem_in_the_form_that_was_asked_for(app):
    told = ask(app, "GET", "/", {"accept": "application/json"}).json()
    assert set(told) == {"what", "seen", "do_next"}
    page = ask(app, "GET", "/", {"accept": "text/html", "host": "<b>"})
    assert page.status == 421 and "&lt;b&gt;" in page.text and "<b>" not in page.text
