"""The phone inside a CRM's page, which is another site for the browser."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, Final, cast

import pytest
from playwright.sync_api import Frame, Page

from signaling.call import Outcome, Party
from tests.browser.axe import serious_findings
from tests.browser.conversation import assert_they_hear_each_other
from tests.browser.meta import eventually
from tests.browser.softphone import Browsers, Offices, Softphone
from tests.browser.system import System, free_tcp_ports

PAGE: Final = """<!doctype html><html lang="pt-BR"><meta charset="utf-8"><title>CRM</title>
<style>
  body {{ display: grid; grid-template: auto 1fr auto / 1fr 380px; gap: 16px; height: 100vh; margin: 0;
          padding: 24px; box-sizing: border-box; font: 16px sans-serif; background: #eef1f6; color: #26324a }}
  h1 {{ margin: 0; font-size: 22px }}
  p {{ margin: 0 0 10px; padding: 12px 16px; width: fit-content; border-radius: 10px; background: #fff }}
  iframe {{ grid-area: 1 / 2 / 4 / 3; width: 380px; height: 100%; border: 0; border-radius: 12px; background: #fff }}
  #notes {{ padding: 12px; border: 1px solid #b9c3d6; border-radius: 10px; font: inherit }}
</style>
<h1>Conversas</h1><div><p>Oi, o pedido 4711 já saiu?</p><p>Posso te ligar?</p></div>
<input id="notes" aria-label="Mensagem" autofocus>
<iframe id="ramal" title="Telefone" src="{src}" allow="microphone; autoplay"></iframe>
<script>
  window.got = [];
  const frame = document.getElementById("ramal");
  addEventListener("message", (event) => {{
    if (event.source === frame.contentWindow) window.got.push({{ origin: event.origin, ...event.data }});
  }});
  window.ask = (message) => frame.contentWindow.postMessage({{ ramal: 1, ...message }}, "{gateway}");
</script>"""


@contextmanager
def crm(system: System, port: int) -> Iterator[str]:
    """The address of a CRM's page with our panel in a frame."""
    page = PAGE.format(src=f"{system.url}/embed", gateway=system.url).encode()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://localhost:{port}/conversation/7"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def panel_in(page: Page, system: System) -> Softphone:
    """The panel in the page's frame, used as if it were a page: it has what is needed of one."""
    frame: Frame | None = next(frame for frame in page.frames if frame.url == f"{system.url}/embed")
    return Softphone(cast(Page, frame), system)


class Parent:
    """What the CRM's page got, and asks for."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def got(self, event: str) -> list[dict[str, Any]]:
        return [message for message in self.page.evaluate("() => window.got") if message.get("event") == event]

    def until(self, event: str) -> dict[str, Any]:
        eventually(lambda: self.got(event) != [], f"the page around the panel is told {event}")
        return self.got(event)[-1]

    def ask(self, **message: object) -> dict[str, Any]:
        """A command, and the answer to it."""
        asked = {"id": "one", **message}
        self.page.evaluate("(message) => { window.got = []; window.ask(message); }", asked)
        answers: list[dict[str, Any]] = []

        def answered() -> bool:
            answers[:] = [message for message in self.page.evaluate("() => window.got") if "reply" in message]
            return answers != []

        eventually(answered, "the panel answers")
        return answers[0]


def test_a_call_rings_in_the_frame_of_a_crm_is_answered_there_and_told_to_its_page(
    system: System, offices: Offices, artifacts: Path
) -> None:
    ana = system.hire("Ana Souza")
    context = offices.open(voice="ana")
    page = context.new_page()
    parent = Parent(page)
    with crm(system, system.crm_port) as address:
        page.goto(address)
        assert parent.until("ready")["origin"] == system.url
        phone = panel_in(page, system)
        phone.element("login-name").wait_for()
        assert page.evaluate("() => document.activeElement.id") == "notes"  # the frame takes no focus by itself
        phone.sign_in(ana)
        assert {cookie["name"] for cookie in context.cookies()} == {"__Host-ramal_frame"}
        phone.get_ready()
        page.locator("#notes").click()

        call = system.meta.call("maria")
        call_id = phone.until_ringing()
        ringing = parent.until("call.ringing")["call"]
        assert (ringing["call_id"], ringing["number_id"], ringing["direction"]) == (call_id, 1, "inbound")
        assert ringing["customer"] == {"name": "Maria Exemplo", "label": "+55 11 ••••• 0101", "contact_id": None}
        assert page.evaluate("() => document.activeElement.id") == "notes"
        page.screenshot(path=artifacts / "phone-in-a-crm.png", animations="disabled")

        phone.answer()
        assert serious_findings(phone.page) == []
        assert_they_hear_each_other(phone, call, customer="maria", agent="ana")
        assert parent.until("call.answered")["call"]["call_id"] == call_id
        assert parent.until("call.customer")["call_id"] == call_id
        assert parent.until("presence")["presence"] == "in_call"

        page.reload()  # the frame is another one, without anything that it could remember but its session
        panel_in(page, system).until_talking()
        assert parent.until("call.answered")["call"]["call_id"] == call_id

        assert parent.ask(command="call.hang_up", call_id="0" * 32)["why"] == "not_your_call"
        assert parent.ask(command="call.hang_up", call_id=call_id)["ok"]
        ended = parent.until("call.ended")
        assert (ended["call"]["call_id"], ended["outcome"], ended["ended_by"]) == (call_id, "answered", "agent")
        assert parent.until("call.customer")["call_id"] == call_id
        record = system.until_over(call.wacid)
        assert (record.outcome, record.ended_by) == (Outcome.ANSWERED, Party.AGENT)
        page.goto("about:blank")


@pytest.mark.beside
def test_a_page_that_is_not_named_cannot_show_the_panel(system: System, browsers: Browsers) -> None:
    with browsers.speaking("ana").new_context() as context, crm(system, free_tcp_ports(1)[0]) as address:
        page = context.new_page()
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        page.goto(address)
        eventually(lambda: any("frame-ancestors" in text for text in said), "the browser refuses the frame")
        assert not any(frame.url.startswith(system.url) for frame in page.frames)
        assert page.evaluate("() => window.got") == []
