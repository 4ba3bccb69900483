"""The weeks before a visitor came: invented, always the same, and told to the desk by its own verbs at their times.

Unlike the living shop it cannot go through the API, which knows only the present.
"""
