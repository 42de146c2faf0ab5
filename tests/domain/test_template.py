import pytest
from hypothesis import given
from hypothesis import strategies as st

from longcode.errors import BadTemplate, BadValue, EmptyField
from longcode.template import FIELDS, check, fields, render


def test_the_known_fields() -> None:
    assert (
        frozenset(
            {
                "client.first_name",
                "client.last_name",
                "client.name",
                "studio.name",
                "studio.phone",
                "session.date",
                "session.time",
                "session.type",
                "due.date",
                "order.number",
                "invoice.number",
                "invoice.balance",
                "task.name",
            }
        )
        == FIELDS
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("See you soon", "See you soon"),
        ("Hi {{client.first_name}}!", "Hi Anna!"),
        ("Hi {{ client.first_name }}!", "Hi Anna!"),
        ("Hi {{client.first_name|there}}!", "Hi Anna!"),
        ("Hi {{client.last_name|there}}!", "Hi there!"),
        ("Hi {{client.last_name | you | two }}!", "Hi you | two!"),
        ("Hi{{client.last_name|}}!", "Hi!"),
        ("Hi {{client.name|there}}!", "Hi there!"),
        ("{{client.first_name}}{{client.first_name}}", "AnnaAnna"),
        ("{{session.type}}", r"\1 \g<0> {0} %s $1"),
        (":-} {a} {}", ":-} {a} {}"),
    ],
)
def test_fields_are_replaced_by_values_and_defaults(text: str, expected: str) -> None:
    values = {
        "client.first_name": "Anna",
        "client.name": " \t",
        "session.type": r"\1 \g<0> {0} %s $1",
    }

    assert render(text, values) == expected


@pytest.mark.parametrize("values", [{}, {"order.number": ""}, {"order.number": " \u00a0\n"}])
def test_a_field_with_neither_value_nor_default_is_refused_by_name(values: dict[str, str]) -> None:
    with pytest.raises(EmptyField) as refused:
        render("Order {{order.number}} is ready", values)

    assert refused.value.field == "order.number"
    assert refused.value.detail == "There is no order.number for this recipient, and no default in the text."


def test_every_unknown_field_is_named() -> None:
    with pytest.raises(BadTemplate) as refused:
        check("{{client.nick}} {{client.name}} {{Client.Name}} {{client.nick|x}} {{__class__}}")

    assert refused.value.field == "body"
    assert refused.value.detail.startswith(
        "Unknown merge fields: client.nick, Client.Name, __class__. Known are client."
    )


@pytest.mark.parametrize(
    ("text", "broken"),
    [
        ("Hi {{client.name", "{{"),
        ("Hi client.name}}", "}}"),
        ("Hi {{client.name}", "{{client.name}"),
        ("Hi {client.name}}", "{client.name}}"),
        ("Hi {client.name}", "{client.name}"),
        ("Hi {{{client.name}}}", "{{{client.name}}}"),
        ("Hi {{}}", "{{}}"),
        ("Hi {{ |there}}", "{{ |there}}"),
        ("Hi {{a {{client.name}}", "{{"),
        ("{{client.name}} {{", "{{"),
    ],
)
def test_broken_braces_are_quoted_in_the_error(text: str, broken: str) -> None:
    with pytest.raises(BadTemplate) as refused:
        check(text)

    assert refused.value.detail == f"Broken braces: {broken}. A merge field is written {{{{client.name}}}}."
    assert refused.value.field == "body"


def test_unknown_fields_and_broken_braces_are_named_together() -> None:
    with pytest.raises(BadTemplate, match=r"^Unknown merge fields: a\. .* Broken braces: \}\}\. "):
        check("{{a}} }}")


@pytest.mark.parametrize("text", ["{" * 20_000, "{%}" * 6_000, "}}{" * 6_000, "{{a}}{{b|" + "x" * 19_000])
def test_a_refusal_does_not_grow_with_the_text(text: str) -> None:
    with pytest.raises(BadTemplate) as refused:
        check(text)

    assert len(refused.value.detail) < 2_000


def test_twenty_faults_are_named_and_the_others_counted() -> None:
    with pytest.raises(BadTemplate, match=r"^Unknown merge fields: f0, f1, .*, f19, and 5 more\. Known are "):
        check("".join(f"{{{{f{index}}}}}" for index in range(25)))


def test_a_text_that_was_never_checked_is_refused_when_rendered() -> None:
    with pytest.raises(BadTemplate):
        render("{{client.shoe_size}}", {"client.shoe_size": "44"})


def test_fields_are_listed_once_each_in_order() -> None:
    assert fields("{{b}} {{a|x}} {{ b |y}} {{}} {c}") == ("b", "a")


@pytest.mark.parametrize("value", ["{{client.first_name}}", "{{studio.name}}", "a }} b", "{{"])
def test_a_value_with_braces_is_refused_with_the_name_of_its_field(value: str) -> None:
    with pytest.raises(BadValue) as refused:
        render("Hi from {{studio.name}}", {"studio.name": value})

    assert refused.value.field == "studio.name"


@given(st.text("{ab|.} "), st.text("{ab|.} "))
def test_a_value_is_never_expanded(name: str, date: str) -> None:
    values = {"client.name": f"x{name}", "session.date": f"x{date}"}

    try:
        rendered = render("<{{client.name}}|{{session.date}}>", values)
    except BadValue:
        assert any(braces in value for braces in ("{{", "}}") for value in values.values())
    else:
        assert rendered == f"<x{name}|x{date}>"


@pytest.mark.parametrize("text", ["{% for c in clients %}Hi{% endfor %}", "{# note #}", "Hi {% if x"])
def test_loops_and_conditions_are_refused(text: str) -> None:
    with pytest.raises(BadTemplate, match="Templates have no loops or conditions") as refused:
        check(text)

    assert refused.value.field == "body"


@given(st.text("{}| ab.") | st.text())
def test_a_checked_template_renders_without_braces(text: str) -> None:
    try:
        check(text)
    except BadTemplate:
        return

    rendered = render(text, dict.fromkeys(FIELDS, "v"))

    assert "{{" not in rendered
    assert "}}" not in rendered
