"""The command line: one module a group of commands, `render` for what is printed, `session` for what is opened."""
