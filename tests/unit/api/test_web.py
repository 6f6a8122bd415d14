from pathlib import Path

import pytest

from tests.unit.api.conftest import Client, Serve
from tests.unit.api.world import World

INDEX = "<!doctype html><title>Ramal</title>"


@pytest.fixture
async def page(tmp_path: Path, serve: Serve) -> Client:
    root = tmp_path / "web"
    (root / "assets").mkdir(parents=True)
    (root / "index.html").write_text(INDEX)
    (root / "favicon.svg").write_text("<svg/>")
    (root / "assets" / "index-4f3a.js").write_text("1")
    (tmp_path / "secret.txt").write_text("outside")
    return await serve(World(web_root=root).app())


@pytest.mark.parametrize("path", ["/", "/index.html", "/calls", "/calls/123", "/settings/numbers?tab=1"])
async def test_the_page_answers_at_every_address_of_its_own_and_is_asked_for_anew(page: Client, path: str) -> None:
    response = await page.get(path)
    assert (response.status, await response.text()) == (200, INDEX)
    assert response.content_type == "text/html"
    assert response.headers["Cache-Control"] == "no-cache"


async def test_files_with_hashed_names_are_kept_for_ever_and_others_are_not(page: Client) -> None:
    script = await page.get("/assets/index-4f3a.js")
    assert script.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert "javascript" in script.content_type
    assert (await page.get("/favicon.svg")).headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize(
    "path", ["/assets/index-old.js", "/api/v1/unknown", "/api", "/webhooks/other", "/socket.io/", "/assets/"]
)
async def test_what_is_neither_a_file_nor_the_pages_is_not_found(page: Client, path: str) -> None:
    response = await page.get(path)
    assert (response.status, (await response.json())["error"]["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    "path", ["/%2e%2e/secret.txt", "/assets/%2e%2e/%2e%2e/secret.txt", "/..%2fsecret.txt", "/%2fetc/passwd", "/a%00b"]
)
async def test_no_address_leads_out_of_the_page(page: Client, path: str) -> None:
    response = await page.get(path)
    text = await response.text()
    assert "outside" not in text
    assert "root:" not in text
    assert response.status in (200, 404)  # 200: the page, for an address that it may know


async def test_without_a_built_page_it_says_how_to_build_it(client: Client) -> None:
    response = await client.get("/")
    assert response.status == 503
    assert response.content_type == "text/plain"
    assert "make web" in await response.text()
