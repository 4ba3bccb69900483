"""The pages for customers, who have no account: the link to their case, and the contact form."""
