"""The store on SQLite: one writing thread with group commit, readers beside it, migrations at start."""
