import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegen.test_results import MAX_BYTES, MAX_DEPTH, MAX_ELEMENTS, read_junit
from core.artifacts.report import TestCaseResult, TestOutcome
from core.errors import UnreadableResultsError


def document(*cases: str) -> bytes:
    body = "".join(cases)
    head = '<?xml version="1.0" encoding="utf-8"?>'
    return f'{head}<testsuites><testsuite name="pytest">{body}</testsuite></testsuites>'.encode()


def read_one(case: str) -> TestCaseResult:
    (result,) = read_junit(document(case))
    return result


def test_a_passed_case_has_its_name_path_and_time():
    result = read_one(
        '<testcase classname="tests.test_a" name="test_ok" file="tests/test_a.py" time="0.25"/>'
    )
    assert result == TestCaseResult(
        name="test_ok", path="tests/test_a.py", outcome=TestOutcome.PASSED, seconds=0.25
    )


def test_the_classes_of_a_case_stand_before_its_name():
    result = read_one(
        '<testcase classname="tests.test_a.TestX.TestY" name="test_p[a/b]" file="tests/test_a.py"/>'
    )
    assert result.name == "TestX::TestY::test_p[a/b]"


def test_a_case_without_file_keeps_its_full_class_name():
    result = read_one('<testcase classname="app.cart" name="adds"/>')
    assert (result.name, result.path) == ("app.cart::adds", "")


@pytest.mark.parametrize(
    ("tag", "outcome"),
    [
        ("failure", TestOutcome.FAILED),
        ("error", TestOutcome.ERROR),
        ("skipped", TestOutcome.SKIPPED),
    ],
)
def test_outcomes_and_their_messages(tag: str, outcome: TestOutcome):
    result = read_one(f'<testcase name="t"><{tag} message="short">long text</{tag}></testcase>')
    assert (result.outcome, result.message) == (outcome, "long text")


def test_the_summary_stands_in_for_a_missing_account():
    assert read_one('<testcase name="t"><skipped message="no db"/></testcase>').message == "no db"


def test_an_error_outweighs_a_failure_and_a_skip():
    case = '<testcase name="t"><skipped/><failure>f</failure><error>e</error></testcase>'
    assert (read_one(case).outcome, read_one(case).message) == (TestOutcome.ERROR, "e")


def test_messages_name_files_relative_to_the_tree_and_hold_no_addresses():
    case = '<testcase name="t"><failure>/work/app/a.py:3: at 0x7efc6e0c79e0</failure></testcase>'
    (result,) = read_junit(document(case), {"/work": ""})
    assert result.message == "app/a.py:3: at 0x…"


def test_a_long_message_is_shortened_to_what_says_why():
    deep = "".join(f"/environment/lib/x.py:{n}: in call\n    call()\n" for n in range(90))
    account = f"tests/test_a.py:7: in test_a\n    get()\n{deep}E   ValueError: no price\n"
    message = read_one(f'<testcase name="t"><failure>{account}</failure></testcase>').message
    assert message.startswith("E   ValueError: no price\ntests/test_a.py:7: in test_a\n    get()\n")
    assert message.endswith("/environment/lib/x.py:89: in call\n    call()")


def test_nested_suites_and_a_lone_suite_are_read():
    nested = b'<testsuites><testsuite><testsuite><testcase name="a"/></testsuite></testsuite>'
    assert [case.name for case in read_junit(nested + b"</testsuites>")] == ["a"]
    assert [case.name for case in read_junit(b'<testsuite><testcase name="b"/></testsuite>')] == [
        "b"
    ]


def test_cases_of_node_are_named_by_the_suites_around_them():
    case = b'<testcase classname="test" name="adds" file="/work/test/a.test.js"/>'
    text = b'<testsuites><testsuite name="cart"><testsuite name="total">' + case
    text += b"</testsuite></testsuite>" + case + b"</testsuites>"
    assert [(found.name, found.path) for found in read_junit(text, {"/work": ""})] == [
        ("adds", "test/a.test.js"),
        ("cart::total::adds", "test/a.test.js"),
    ]


def test_a_document_without_cases_has_no_results():
    assert read_junit(document()) == ()


@pytest.mark.parametrize("time", ["nan", "inf", "-1", "1e999", "soon", ""])
def test_a_time_that_is_none_counts_as_zero(time: str):
    assert read_one(f'<testcase name="t" time="{time}"/>').seconds == 0


@pytest.mark.parametrize("path", ["/etc/passwd", "../up.py", "a/../../b.py"])
def test_a_path_outside_the_tree_is_not_taken_over(path: str):
    assert read_one(f'<testcase name="t" file="{path}"/>').path == ""


def test_names_are_bounded_and_never_empty():
    assert read_one("<testcase/>").name == "unnamed"
    assert len(read_one(f'<testcase name="{"n" * 5000}"/>').name) == 500


BOMB = """<?xml version="1.0"?><!DOCTYPE bomb [<!ENTITY a "ha">
<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>
<testsuite><testcase name="&c;"/></testsuite>"""
OUTSIDE = """<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>
<testsuite><testcase name="&e;"/></testsuite>"""


@pytest.mark.parametrize("text", [BOMB, OUTSIDE, "<!DOCTYPE html><testsuite/>"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entities_are_refused_in_any_encoding(text: str, encoding: str):
    with pytest.raises(UnreadableResultsError, match="document type"):
        read_junit(text.encode(encoding))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "not XML"),
        (b"<testsuite>", "not XML"),
        (b"not xml", "not XML"),
        (b"<a>\x00</a>", "not XML"),
        (b'<?xml version="1.0" encoding="no-such"?><testsuite/>', "not XML"),
        (b"<html/>", "not JUnit XML"),
        (b" " * (MAX_BYTES + 1), "larger than 16 MiB"),
        (b"<a>" * (MAX_DEPTH + 1), "nested over 16 deep, at 'a'"),
        (b"<a>" + b"<b/>" * MAX_ELEMENTS, "over 100000 elements"),
    ],
)
def test_what_is_no_such_document_is_refused_with_the_reason(content: bytes, reason: str):
    with pytest.raises(UnreadableResultsError, match=reason):
        read_junit(content)


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(content: bytes):
    with pytest.raises(UnreadableResultsError):
        read_junit(b"<testsuite>" + content)


@given(st.text(max_size=200), st.text(max_size=200), st.text(max_size=50))
def test_any_text_in_a_document_is_read(name: str, message: str, path: str):
    from xml.etree import ElementTree

    suite = ElementTree.Element("testsuite")
    case = ElementTree.SubElement(suite, "testcase", name=name, classname=path, file=path)
    ElementTree.SubElement(case, "failure", message=message).text = message
    try:
        content = ElementTree.tostring(suite)
        ElementTree.fromstring(content)
    except (ElementTree.ParseError, UnicodeEncodeError):
        return  # signs that XML cannot hold
    (result,) = read_junit(content)
    assert result.outcome is TestOutcome.FAILED
