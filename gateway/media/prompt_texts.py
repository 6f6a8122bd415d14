"""The words of the sounds that come with Ramal. `make_prompts` has them spoken; call centres upload their own."""

from collections.abc import Mapping
from typing import Final

MOST_COUNTED: Final = 10
"""Places in the queue that are said as a number; further back it is "many"."""

_PT: Final = {
    "greeting": "Olá! Obrigado por ligar. Vamos atender você em instantes.",
    "closed": "Olá! No momento estamos fora do horário de atendimento.",
    "farewell": "Obrigado pela sua ligação. Até logo!",
    "transferring": "Um momento, por favor. Vamos transferir a sua ligação.",
    "queue_wait": "Todos os nossos atendentes estão ocupados. Por favor, aguarde na linha.",
    "queue_many": "Há muitas pessoas na fila. Agradecemos a sua paciência.",
    "menu_default": "Para vendas, digite um. Para suporte, digite dois.",
    "callback_offer": "Se preferir que a gente retorne a ligação, digite um.",
    "callback_promised": "Certo! Vamos retornar a sua ligação assim que possível.",
    "voicemail": "Deixe a sua mensagem depois do sinal. Para terminar, digite jogo da velha.",
    "voicemail_thanks": "Recebemos a sua mensagem. Obrigado!",
    "consent_notice": "Esta ligação será gravada. Se não concordar, desligue agora.",
    "consent_question": "Para permitir a gravação desta ligação, digite um. Para seguir sem gravar, digite dois.",
}
_EN: Final = {
    "greeting": "Hello! Thank you for calling. We will be with you in a moment.",
    "closed": "Hello! We are closed at the moment.",
    "farewell": "Thank you for your call. Good bye!",
    "transferring": "One moment, please. We are transferring your call.",
    "queue_wait": "All our agents are busy. Please stay on the line.",
    "queue_many": "There are many people in the queue. Thank you for your patience.",
    "menu_default": "For sales, press one. For support, press two.",
    "callback_offer": "If you would rather have us call you back, press one.",
    "callback_promised": "All right! We will call you back as soon as we can.",
    "voicemail": "Please leave your message after the tone. Press the hash key when you are done.",
    "voicemail_thanks": "We have got your message. Thank you!",
    "consent_notice": "This call will be recorded. If you do not agree, please hang up now.",
    "consent_question": "To allow this call to be recorded, press one. To go on without recording, press two.",
}
_ES: Final = {
    "greeting": "¡Hola! Gracias por llamar. Lo atenderemos en un momento.",
    "closed": "¡Hola! En este momento estamos fuera del horario de atención.",
    "farewell": "Gracias por su llamada. ¡Hasta luego!",
    "transferring": "Un momento, por favor. Vamos a transferir su llamada.",
    "queue_wait": "Todos nuestros agentes están ocupados. Por favor, espere en la línea.",
    "queue_many": "Hay muchas personas en la cola. Gracias por su paciencia.",
    "menu_default": "Para ventas, marque uno. Para soporte, marque dos.",
    "callback_offer": "Si prefiere que le devolvamos la llamada, marque uno.",
    "callback_promised": "¡De acuerdo! Le devolveremos la llamada lo antes posible.",
    "voicemail": "Deje su mensaje después de la señal. Para terminar, marque numeral.",
    "voicemail_thanks": "Recibimos su mensaje. ¡Gracias!",
    "consent_notice": "Esta llamada será grabada. Si no está de acuerdo, cuelgue ahora.",
    "consent_question": "Para permitir la grabación de esta llamada, marque uno. Para seguir sin grabar, marque dos.",
}
_POSITION: Final = {
    "pt-BR": "Você é o número {} da fila.",
    "en": "You are number {} in the queue.",
    "es": "Usted es el número {} de la cola.",
}


def _with_positions(language: str, texts: Mapping[str, str]) -> dict[str, str]:
    numbered = {f"queue_position_{n}": _POSITION[language].format(n) for n in range(1, MOST_COUNTED + 1)}
    return {**texts, **numbered}


TEXTS: Final[Mapping[str, Mapping[str, str]]] = {
    language: _with_positions(language, texts) for language, texts in (("pt-BR", _PT), ("en", _EN), ("es", _ES))
}
"""By language, then by name."""


def position_prompt(place: int) -> str:
    """The sound that says a place in the queue, counted from 1."""
    return f"queue_position_{place}" if 1 <= place <= MOST_COUNTED else "queue_many"
