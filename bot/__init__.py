"""What the bot says, asks, shows and allows in a conversation, the same on every platform."""
