"""What tests share: a small world to run Sayso in, and tools whose effects can be counted."""
