import pytest
from hypothesis import given
from hypothesis import strategies as st

from longcode.errors import BadTemplate, BadValue, EmptyField
from longcode.template import FIELDS, check, fields, full_name, is_blank, is_placeholder, render


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


SHOW_NOTHING = [
    "",
    " ",
    "\t\n",
    "\u00a0",
    "\u2003\u2009",
    "\u3000",
    "\u200b",
    "\u200b \u200c\u200d",
    "\u2060",
    "\ufeff",
    "\xad",
    "\u200e\u200f",
    "\u2066\u2069",
    "\u202a\u202c",
    "\u2028\u2029",
    "\u180e",
    "\u034f",
    "\ufe0f",
    "\u0301",
    "\u0301\u0308 \u0327",
    "\u20e3",
    "\u2800",
    "\u3164",
    "\uffa0\u115f\u1160",
    "\ufffc",
    "\x00\x07\x7f",
    "\x85",
    "\U000e0020\U000e007f",
]


@pytest.mark.parametrize("value", SHOW_NOTHING)
def test_a_value_that_shows_nothing_is_blank_and_takes_the_default(value: str) -> None:
    assert is_blank(value)
    values = {"client.first_name": value, "session.type": value}

    assert render("Hi {{client.first_name|there}}, {{session.type|see you}}", values) == "Hi there, see you"
    with pytest.raises(EmptyField):
        render("{{session.type}}", values)


@pytest.mark.parametrize(
    "value", ["a", "王", "-", "0", "🌸", "\U0001fae9", "´", "e\u0301", "\u200bAnn", "ㅎ", "ः अ", "\ufffd"]
)
def test_a_value_that_shows_anything_is_kept(value: str) -> None:
    assert not is_blank(value)
    assert render("{{session.type|none}}", {"session.type": value}) == value


@pytest.mark.parametrize(
    "name",
    [
        *(
            "null",
            "NULL",
            "N/A",
            "n/a",
            "n.a.",
            "NA",
            "nil",
            "None",
            "NaN",
            "nan",
            "undefined",
            "Unknown",
            "k.A.",
            "TBD",
        ),
        *("#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NULL!", "#NUM!", "#SPILL!", "#BEZUG!", "#NV", "#WERT!"),
        *(
            "#VALEUR!",
            "#NOM?",
            "#¡REF!",
            "#¿NOMBRE?",
            "#N/D",
            "####",
            "(null)",
            "<null>",
            "[null]",
            "(none)",
            "()",
            "(blank)",
        ),
        *("\\N", "-", "--", "???", "…", "—", ".", "%FIRST_NAME%", "{first_name}", "<<name>>", "*|FNAME|*", "$name"),
        *("undefined undefined", "null null", " null ", "[First Name]", "No Name", "[object Object]"),
    ],
)
def test_what_programs_write_for_no_name_is_a_placeholder_and_takes_the_default(name: str) -> None:
    assert is_placeholder(name)

    assert render("Hi {{client.first_name|there}}", {"client.first_name": name}) == "Hi there"


@pytest.mark.parametrize(
    "name",
    [
        *(
            "Null",
            "Nan",
            "Nil",
            "Na",
            "Ann",
            "J.",
            "J",
            "王",
            "O'Neil",
            "d'Arc",
            "🌸",
            "Anna (Null)",
            "X Æ A-12",
            "Nadia",
        ),
        *("(Bob)", "Noname Gypsy", "#1 Dad", "Ana/Maria", "Zoë", "Test", "Tba Ann", "Blank", "", "\u200b"),
    ],
)
def test_what_can_be_a_name_is_no_placeholder(name: str) -> None:
    assert not is_placeholder(name)


def test_a_placeholder_is_kept_where_it_is_not_a_name() -> None:
    assert (
        render("{{session.type}}: {{invoice.balance}}", {"session.type": "N/A", "invoice.balance": "-"}) == "N/A: -"
    )


@pytest.mark.parametrize(
    ("first", "last", "full"),
    [
        ("Zoë", "Smith", "Zoë Smith"),
        (" Zoë ", "", "Zoë"),
        ("\u200b", "Smith", "Smith"),
        ("null", "Smith", "Smith"),
        ("Jennifer", "Null", "Jennifer Null"),
        ("N/A", "#REF!", ""),
        ("\u3164", "\u0301", ""),
    ],
)
def test_a_full_name_has_the_names_that_say_something(first: str, last: str, full: str) -> None:
    assert full_name(first, last) == full
