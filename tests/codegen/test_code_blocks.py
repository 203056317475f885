from hypothesis import given
from hypothesis import strategies as st

from codegen.code_blocks import code_blocks


def test_a_block_knows_where_it_stands() -> None:
    (first, second) = code_blocks("Sure.\n\n```py a.py\nx\n```\n~~~\ny")
    assert (first.above, first.info, first.text, first.closed) == ("Sure.", "py a.py", "x\n", True)
    assert (first.start, first.end) == (2, 4)
    assert (second.above, second.text, second.closed) == ("", "y\n", False)
    assert (second.start, second.end) == (5, 7)


@given(st.text(st.sampled_from("`~ a\n")))
def test_blocks_are_found_in_any_arrangement_of_fences(answer: str) -> None:
    end = -1
    for block in code_blocks(answer):
        assert block.text == "" or block.text.endswith("\n")
        assert end < block.start < block.end
        end = block.end
