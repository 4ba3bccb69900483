"""E-mail notices: what somebody should know of when no page is open, collected into few letters."""
