"""Where in a call words were said, as it is shown to whoever searched for them."""

from hypothesis import given
from hypothesis import strategies as st

from recording.transcript import Segment, Speaker
from store.snippets import ELLIPSIS, MOST_CHARS, Piece, lines_with, pieces_of
from store.word_search import Wanted, folded, wanted, words_at

TEXTS = st.text(st.sampled_from("aÀé ßﬁ½İ̃ͅ_-_ \u0301nãçK€९²한") | st.characters(), max_size=60)


def looked_for(words: str) -> Wanted:
    search = wanted(words)
    assert search is not None
    return search


def marked(text: str, words: str) -> str:
    return "".join(f"[{one.text}]" if one.found else one.text for one in pieces_of(text, looked_for(words)))


def line(text: str, start_s: float) -> Segment:
    return Segment(Speaker.CUSTOMER, start_s, start_s + 1, text)


def test_words_are_marked_as_they_are_found_whatever_their_accents_and_case() -> None:
    assert marked("NÃO, não: nao!", "nao") == "[NÃO], [não]: [nao]!"
    assert marked("na\u0303o", "não") == "[na\u0303o]", "accents that are written apart stay with their letter"
    assert marked("Pedido, pedidos e pede", "chegou pedi") == "[Pedido], [pedidos] e pede", (
        "the last may be a beginning"
    )
    assert marked("Pedidos", "pedido chegou") == "Pedidos", "the others may not"
    assert marked("<b>ação</b>", "acao b") == "<[b]>[ação]</[b]>", "text stays text"


def test_a_long_line_is_cut_around_the_first_word_between_words() -> None:
    text = "antes " * 100 + "o Reembolso veio " + "depois " * 100
    shown = pieces_of(text, looked_for("reembolso"))
    whole = "".join(one.text for one in shown)
    assert (shown[0], Piece("Reembolso", True) in shown) == (Piece(ELLIPSIS, False), True)
    assert whole.startswith(f"{ELLIPSIS}antes ") and whole.endswith(f" depois{ELLIPSIS}")
    assert len(whole) <= MOST_CHARS + 2 * len(ELLIPSIS)


def test_lines_that_say_most_of_the_words_are_shown_in_the_order_of_the_call() -> None:
    lines = [
        line("Não.", 0),
        line("Não sei.", 1),
        line("O reembolso não veio.", 2),
        line("Talvez.", 3),
        line("Não!", 4),
    ]
    found = lines_with(lines, looked_for("nao reembolso"), 2)
    assert ([one.line.start_s for one in found.shown], found.in_all) == ([0, 2], 4)
    assert lines_with(lines, looked_for("boleto"), 2).in_all == 0


@given(TEXTS)
def test_words_have_the_places_of_the_very_words_that_are_searched(text: str) -> None:
    found = words_at(text)
    assert [word for word, _, _ in found] == folded(text)
    for word, start, end in found:
        assert 0 <= start < end <= len(text)
        assert word in folded(text[start:end]), (word, text[start:end])


@given(TEXTS, st.text(st.sampled_from("aénßſ½ b"), min_size=1, max_size=12))
def test_pieces_are_the_text_itself_or_a_part_of_it(text: str, words: str) -> None:
    if (search := wanted(words)) is None:
        return
    whole = "".join(one.text for one in pieces_of(text, search))
    assert whole == text
    shown = "".join(one.text for one in pieces_of(text * 40, search)).removeprefix(ELLIPSIS).removesuffix(ELLIPSIS)
    assert shown in text * 40 and len(shown) <= MOST_CHARS
