"""A page as somebody without JavaScript uses it: what it says, its links, its forms and their buttons."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from django.test import Client

_NOTHING_CHOSEN = "\x00"
_VOID = {"meta", "link", "input", "br", "hr", "img", "circle", "rect", "path"}


@dataclass
class Element:
    """One element with its text and everything in it."""

    tag: str
    attributes: dict[str, str]
    text: str = ""
    inside: tuple[str, ...] = ()


@dataclass
class Form:
    """A form: the fields a browser would send, and its buttons by what is written on them."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: dict[str, dict[str, str]] = field(default_factory=dict)
    off: set[str] = field(default_factory=set)


class Page(HTMLParser):
    """Reads an HTML answer. ``elements`` are in the order of the document."""

    def __init__(self, response: Any) -> None:
        super().__init__(convert_charrefs=True)
        self.response = response
        self.status = response.status_code
        self.source = response.content.decode()
        self.elements: list[Element] = []
        self._open: list[Element] = []
        self._said: list[str] = []
        self.feed(self.source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        path = tuple(f"{e.tag}#{e.attributes.get('id', '')}" for e in self._open)
        disabled = any(e.tag == "fieldset" and "disabled" in e.attributes for e in self._open)
        element = Element(tag, attributes | ({"disabled": ""} if disabled else {}), inside=path)
        self.elements.append(element)
        if tag not in _VOID:
            self._open.append(element)

    def handle_endtag(self, tag: str) -> None:
        if not any(element.tag == tag for element in self._open):
            return
        while self._open.pop().tag != tag:
            pass

    def handle_data(self, data: str) -> None:
        if any(element.tag == "kbd" for element in self._open):
            return  # the key printed on a button is not its name
        if not any(element.tag == "head" for element in self._open):
            self._said.append(data)
        for element in self._open:
            element.text += data

    @property
    def text(self) -> str:
        """Everything that the page says."""
        return " ".join("".join(self._said).split())

    def all(self, tag: str, **wanted: str) -> list[Element]:
        """The elements of a tag whose attributes have these values (``class_`` asks for one of the classes)."""
        css = wanted.pop("class_", "")
        found = [e for e in self.elements if e.tag == tag and (not css or css in e.attributes.get("class", "").split())]
        return [e for e in found if all(e.attributes.get(name.strip("_")) == value for name, value in wanted.items())]

    def says(self, tag: str, **wanted: str) -> list[str]:
        """What these elements say, spaces tidied."""
        return [" ".join(e.text.split()) for e in self.all(tag, **wanted)]

    def form(self, action: str) -> Form:
        """The form that posts to an address."""
        head = next(e for e in self.elements if e.tag == "form" and e.attributes.get("action") == action)
        name = head.attributes.get("id", "")
        form = Form(action)
        mine = False
        for element in self.elements:
            # An option belongs to the form of its select, which stands before it.
            mine = mine if element.tag == "option" else self._belongs(element, head, name)
            if mine:
                _read(form, element)
        return form

    def _belongs(self, element: Element, head: Element, name: str) -> bool:
        if "form" in element.attributes:
            return element.attributes["form"] == name
        start = self.elements.index(head)
        later = [n for n, e in enumerate(self.elements) if e.tag == "form" and n > start]
        end = later[0] if later else len(self.elements)
        inside = any(part.startswith("form#") for part in element.inside)
        return inside and start < self.elements.index(element) < end


def _read(form: Form, element: Element) -> None:
    name, attributes = element.attributes.get("name", ""), element.attributes
    label = " ".join(element.text.split())
    if element.tag == "button":
        form.buttons[label] = attributes
        if "disabled" in attributes:
            form.off.add(label)
    elif element.tag in {"input", "textarea", "select"} and name and "disabled" not in attributes:
        kind = attributes.get("type", "")
        if kind in {"radio", "checkbox"} and "checked" not in attributes:
            return
        value = attributes.get("value", "") if element.tag == "input" else element.text
        value = _NOTHING_CHOSEN if element.tag == "select" else value
        form.fields[name] = value.removeprefix("\n") if element.tag == "textarea" else value
    elif element.tag == "option" and form.fields:
        select = list(form.fields)[-1]
        if "selected" in attributes or form.fields[select] == _NOTHING_CHOSEN:
            form.fields[select] = attributes.get("value", "")


class Visitor:
    """Somebody at a browser without JavaScript."""

    def __init__(self, user: Any = None) -> None:
        self.user = user
        self.client = Client()
        if user is not None:
            self.client.force_login(user)

    def open(self, address: str, *, headers: dict[str, str] | None = None) -> Page:
        """Load a page."""
        return Page(self.client.get(address, headers=headers))

    def press(self, page: Page, button: str, *, on: str, **typed: str) -> Page:
        """Press a button of the form that posts to ``on``, with what was typed, and follow where it leads."""
        form = page.form(on)
        assert button in form.buttons, (button, sorted(form.buttons))
        pressed = form.buttons[button]
        assert "disabled" not in pressed, f"{button} is switched off"
        fields = form.fields | {name.replace("__", "-"): value for name, value in typed.items()}
        if pressed.get("name"):
            fields[pressed["name"]] = pressed.get("value", "")
        return Page(self.client.post(pressed.get("formaction", on), fields, follow=True))
