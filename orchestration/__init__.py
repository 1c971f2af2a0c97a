"""The core: requests become plans, plans are decided, decided plans run. Standard library and pydantic only."""
