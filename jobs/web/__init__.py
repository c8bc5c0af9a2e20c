"""The site: pages for people, live. Views parse, call a service or a query, and render."""
