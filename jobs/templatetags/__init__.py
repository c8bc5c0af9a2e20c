"""How values are written on the site's pages."""
