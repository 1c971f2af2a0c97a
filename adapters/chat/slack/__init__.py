"""Slack: what its people do becomes messages and clicks, and what there is to show becomes its blocks.

The only package that knows `slack_sdk` and `slack_bolt`; it is imported when the tokens are set. Three parts that never
mix: payloads to the neutral vocabulary (`incoming`), one call into the inbox (`receiving`), cards to blocks (`cards`,
`notes`, `modals`, `home`).
"""
