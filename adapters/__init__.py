"""Everything that touches disk, network, process, clock or a third-party SDK."""
