"""What this adapter asks of Slack: commands, shortcuts, events and scopes. `manifest.yml` says the same (a test)."""

COMMAND = "/sayso"
SHORTCUT = "plan_this"

MESSAGES = ("app_mention", "message.channels", "message.groups", "message.im")
"""Somebody wrote something."""
MEMBERS = ("subteam_members_changed", "subteam_updated", "member_joined_channel", "member_left_channel")
"""A group may have other members now."""
HOME = ("app_home_opened",)
EVENTS = (*MESSAGES, *MEMBERS, *HOME)

SCOPES = {
    "app_mentions:read": "hear when it is mentioned",
    "channels:history": "hear the threads it is asked in, and find its own messages there",
    "channels:read": "who is in a channel whose members approve",
    "chat:write": "answer",
    "commands": "/sayso and the shortcut",
    "files:write": "show the evidence",
    "groups:history": "the same in private channels",
    "groups:read": "the same for private channels",
    "im:history": "hear direct messages",
    "metadata.message:read": "recognise a message of its own whose answer was lost",
    "usergroups:read": "who is in a user group that approves",
    "users:read": "refuse guests, bots and people who have left",
}
"""What each is for."""
