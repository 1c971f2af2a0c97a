"""`sayso serve`: the socket that commands attach to, the pages for machines, and what keeps them in order."""
