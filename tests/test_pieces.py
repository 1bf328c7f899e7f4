"""One piece of some HTML: what a selector finds, as it was written."""

import pytest
from bs4 import BeautifulSoup
from django.utils.safestring import SafeString
from hypothesis import given, settings
from hypothesis import strategies as st

from dfws_html.page.pieces import NoSuchPiece, cut

PAGE = """<!DOCTYPE html><html><body class="b  a">
<main id=main><p>no</p>{}</main></body></html>"""


@pytest.mark.parametrize(
    "piece",
    [
        '<ul id="it"><li>1 &lt; 2 &amp; é</li></ul>',
        '<p id="it" class="z  a" aria-label="1 &lt; 2" data-b="x" data-a="y">x</p>',
        '<div id="it"><br><hr><img src="/a.png" alt="a"><input name="q" value="1"></div>',
        '<div id="it" data-df-signal=\'[{"name": "a"}]\'>x</div>',
        '<form id="it"><!-- note --><textarea>\n a </textarea></form>',
        '<div id="it"><script>if (1 < 2 && 3) {}</script><style>a > b {}</style></div>',
        '<div id="it"><template><tr><td>x</td></tr></template></div>',
        '<tr id="it"><td>x</td></tr>',
    ],
)
def test_a_piece_stays_as_it_is_written(piece):
    found = cut(PAGE.format(piece), "#it")
    assert found == piece
    assert isinstance(found, SafeString)


def test_what_differs_means_the_same():
    assert cut("<p id=it hidden class=x>&nbsp;&eacute;", "#it") == (
        '<p id="it" hidden="" class="x">\xa0é</p>'
    )


def test_the_names_in_an_svg_are_the_browser_s_to_write():
    assert cut('<svg viewBox="0 0 1 1"><path d="M0 0"/></svg>', "svg") == (
        '<svg viewbox="0 0 1 1"><path d="M0 0"></path></svg>'
    )


def test_the_first_of_several():
    assert cut("<b>1</b><b class=x>2</b><b class=x>3</b>", "b.x") == '<b class="x">2</b>'


def test_an_attribute_that_stands_twice_is_the_first_one():
    assert cut("<b id=it title=one title=two></b>", "#it") == '<b id="it" title="one"></b>'


def test_nothing_found_and_nothing_readable():
    with pytest.raises(NoSuchPiece, match="select='#other' finds nothing in the 12 characters"):
        cut("<p id=it></p>"[:12], "#other")
    with pytest.raises(ValueError, match="select='p:::' is no selector: ") as refused:
        cut("<p>", "p:::")
    assert "\n" not in str(refused.value)


texts = st.text(alphabet="ab<>&\"' é\n;", max_size=8)


@given(st.dictionaries(st.sampled_from(["title", "class", "data-z", "data-a"]), texts), texts)
@settings(max_examples=50, deadline=None)
def test_whatever_is_escaped_is_found_again(attributes, text):
    soup = BeautifulSoup("<p id=it></p>", "html.parser", multi_valued_attributes=None)
    soup.p.attrs.update(attributes)
    soup.p.append(text)
    again = BeautifulSoup(cut(str(soup), "#it"), "html.parser", multi_valued_attributes=None)
    assert again.p.attrs == {"id": "it", **attributes}
    assert again.p.get_text() == text
