"""Discord: what people say and press there, and what is shown to them. Imported only where DISCORD_TOKEN is set."""
