"""The words of the wire. What comes in is strict: an unknown field, or a number sent as text, is refused by place."""
