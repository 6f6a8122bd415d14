"""A customer who reaches nobody leaves a message: on their call-back card it plays, and is erased."""

from typing import Final

from signaling.ports import Role
from tests.browser.listening import decode, likeness, voice
from tests.browser.meta import eventually
from tests.browser.softphone import Offices
from tests.browser.system import System
from tests.browser.test_plan import planned, until_step

SPOKEN_S: Final = 4.0
PLAN: Final = {
    "start": "message",
    "steps": {
        "message": {"kind": "voicemail", "prompt": "beep", "then": "end", "longest_s": 60},
        "end": {"kind": "hang_up", "reason": "voicemail_left"},
    },
}


def test_a_message_is_on_the_customers_card_and_is_their_voice(system: System, offices: Offices) -> None:
    phone = offices.ready_desk(system.hire("Ana Souza", Role.ADMINISTRATOR))
    with planned(phone.page.context, system, PLAN):
        call = system.meta.call("maria")
        until_step(system, call, "message")
        call.until_heard(SPOKEN_S)
        call.hang_up()
        system.until_over(call.wacid)
    phone.press("nav-callbacks")
    message = phone.element("callback-message").last
    message.wait_for()
    message.evaluate("audio => audio.play()")
    eventually(lambda: message.evaluate("audio => audio.currentTime") > 0.5, "it plays")
    address = str(message.get_attribute("src"))
    sound = phone.page.context.request.get(f"{system.url}{address}").body()
    assert likeness(decode(sound), voice("maria")) >= 0.8
    assert likeness(decode(sound), voice("joao")) <= 0.3
    card = message.locator("xpath=..")
    card.get_by_role("button", name="Apagar o recado de voz").click()
    phone.element("sure-yes").click()
    eventually(lambda: phone.page.locator(f"audio[src='{address}']").count() == 0, "it is not shown any more")
    assert phone.page.context.request.get(f"{system.url}{address}").status == 404
