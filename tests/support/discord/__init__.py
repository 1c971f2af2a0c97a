"""A small Discord for tests: its HTTP API and its gateway on a loopback port, with the faults of the real one."""
