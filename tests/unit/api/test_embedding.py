"""Our panel in other sites' pages: who may show it, and what a session inside of one is worth."""

from pathlib import Path
from typing import Final

import jwt
import pytest

from gateway.api.embedding import BUILT_FILE, PLACE
from gateway.api.session_cookies import FRAME_COOKIE, SessionKind
from tests.unit.api.conftest import Client, Serve
from tests.unit.api.world import ANA, CREDENTIALS, World

CRM: Final = "https://crm.example.com"
HELP_DESK: Final = "https://desk.example.com:8443"
SOURCE: Final = Path(__file__).parents[3] / "softphone_web" / BUILT_FILE
SESSION: Final = "/api/v1/session"
OURS: Final = {"Sec-Fetch-Site": "same-origin"}


def directive(policy: str, name: str) -> str:
    return next(part.partition(" ")[2] for part in policy.split("; ") if part.startswith(f"{name} "))


@pytest.fixture
def framed(tmp_path: Path) -> World:
    (tmp_path / "index.html").write_text("<title>Ramal</title>")
    (tmp_path / BUILT_FILE).write_text(SOURCE.read_text())
    return World(web_root=tmp_path, embed_origins=(CRM, HELP_DESK))


@pytest.fixture
async def client(framed: World, serve: Serve) -> Client:
    return await serve(framed.app())


# ---- who may show it -------------------------------------------------------------------------------------------------


async def test_the_panel_may_be_shown_by_the_sites_that_are_named_and_is_told_them(client: Client) -> None:
    response = await client.get("/embed")
    assert (response.status, response.content_type) == (200, "text/html")
    assert directive(response.headers["Content-Security-Policy"], "frame-ancestors") == f"{CRM} {HELP_DESK}"
    assert response.headers.getall("Content-Security-Policy") == [response.headers["Content-Security-Policy"]]
    assert "X-Frame-Options" not in response.headers
    assert response.headers["Cache-Control"] == "no-cache"
    page = await response.text()
    assert f'<meta name="ramal-embed-origins" content="{CRM} {HELP_DESK}" />' in page
    assert PLACE not in page


async def test_it_may_load_and_do_what_our_other_pages_may(client: Client) -> None:
    embedded = (await client.get("/embed")).headers
    usual = (await client.get("/")).headers
    for name in ("default-src", "script-src", "connect-src", "base-uri", "object-src"):
        of_both = [directive(headers["Content-Security-Policy"], name) for headers in (embedded, usual)]
        assert of_both[0] == of_both[1], name
    assert embedded["Permissions-Policy"] == usual["Permissions-Policy"]


@pytest.mark.parametrize(
    "path",
    ["/", "/index.html", f"/{BUILT_FILE}", "/embed/", "/embed/more", "/embed%2F", "/Embed", "/people", "/healthz"],
)
async def test_nothing_else_may_be_shown_by_anybody(client: Client, path: str) -> None:
    headers = (await client.get(path)).headers
    assert directive(headers["Content-Security-Policy"], "frame-ancestors") == "'none'"


async def test_it_is_switched_off_until_somebody_is_named(framed: World, serve: Serve) -> None:
    framed.embed_origins = ()
    response = await (await serve(framed.app())).get("/embed")
    assert response.status == 404
    assert directive(response.headers["Content-Security-Policy"], "frame-ancestors") == "'none'"
    assert "RAMAL_EMBED_ORIGINS" in await response.text()


async def test_without_a_built_page_it_says_how_to_build_it(tmp_path: Path, serve: Serve) -> None:
    response = await (await serve(World(web_root=tmp_path, embed_origins=(CRM,)).app())).get("/embed")
    assert response.status == 503
    assert "make web" in await response.text()


# ---- what a session inside of it is worth ----------------------------------------------------------------------------


def framed_cookie(world: World) -> dict[str, str]:
    token = world.sessions.issue(ANA, SessionKind.FRAME).token.value
    return {"Cookie": f"{FRAME_COOKIE}={token}"}


async def test_signing_in_inside_a_frame_sets_a_cookie_that_is_kept_apart_for_each_site(client: Client) -> None:
    response = await client.post(SESSION, json={**CREDENTIALS, "in_frame": True}, headers=OURS)
    assert response.status == 200
    cookies = {text.partition("=")[0]: set(text.split("; ")) for text in response.headers.getall("Set-Cookie")}
    assert {"HttpOnly", "Secure", "SameSite=None", "Partitioned", "Path=/", "Max-Age=43200"} <= cookies[FRAME_COOKIE]
    assert not any(part.startswith("Domain") for part in cookies[FRAME_COOKIE])
    assert "Max-Age=0" in cookies["ramal_session"]  # whoever was signed in here before is not any more


async def test_a_session_of_our_own_pages_ends_that_of_the_frame(client: Client) -> None:
    response = await client.post(SESSION, json=CREDENTIALS, headers=OURS)
    cookies = {text.partition("=")[0]: set(text.split("; ")) for text in response.headers.getall("Set-Cookie")}
    assert "SameSite=Strict" in cookies["ramal_session"]
    assert {"Max-Age=0", "Partitioned", "Secure"} <= cookies[FRAME_COOKIE]


async def test_signing_out_forgets_both(client: Client) -> None:
    forgotten = (await client.delete(SESSION, headers=OURS)).headers.getall("Set-Cookie")
    assert len(forgotten) == 2
    assert all("Max-Age=0" in text for text in forgotten)


async def test_the_session_of_a_frame_counts_where_our_own_page_asks(framed: World, client: Client) -> None:
    cookie = framed_cookie(framed)
    assert (await client.get(SESSION, headers={**cookie, **OURS})).status == 200
    environ = {"HTTP_COOKIE": cookie["Cookie"], "HTTP_ORIGIN": framed.public_url}
    assert await framed.sessions.authenticate(environ) is not None


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
async def test_the_page_around_a_frame_has_its_cookie_and_can_do_nothing_with_it(
    framed: World, client: Client, site: str
) -> None:
    theirs = {**framed_cookie(framed), "Sec-Fetch-Site": site, "Origin": CRM}
    assert (await client.get(SESSION, headers=theirs)).status == 401
    assert (await client.get("/api/v1/calls", headers=theirs)).status == 401
    assert (await client.delete(SESSION, headers=theirs)).status == 403
    environ = {"HTTP_COOKIE": theirs["Cookie"], "HTTP_SEC_FETCH_SITE": site, "HTTP_ORIGIN": CRM}
    assert await framed.sessions.authenticate(environ) is None


async def test_neither_cookie_takes_the_others_token(framed: World, client: Client) -> None:
    own = framed.sessions.issue(ANA).token.value
    in_frame = framed.sessions.issue(ANA, SessionKind.FRAME).token.value
    for cookie in (f"ramal_session={in_frame}", f"{FRAME_COOKIE}={own}"):
        assert (await client.get(SESSION, headers={"Cookie": cookie, **OURS})).status == 401
    audiences = [jwt.decode(token, options={"verify_signature": False})["aud"] for token in (own, in_frame)]
    assert audiences[0] != audiences[1]


async def test_while_it_is_switched_off_there_are_no_sessions_in_frames(framed: World, serve: Serve) -> None:
    plain = World(web_root=framed.web_root)
    client = await serve(plain.app())
    refused = await client.post(SESSION, json={**CREDENTIALS, "in_frame": True}, headers=OURS)
    assert (refused.status, (await refused.json())["error"]["code"]) == (403, "no_frames")
    assert plain.people.checked == []
    assert (await client.get(SESSION, headers={**framed_cookie(plain), **OURS})).status == 401
