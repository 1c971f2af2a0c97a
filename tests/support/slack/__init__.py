"""A local Slack: real HTTP and WebSocket on loopback, strict where Slack is strict, with faults on demand.

Tests of the Slack adapter use it through `SlackServer`; what it models and what it does not is said in each module.
"""

from tests.support.slack.block_kit import message_problems, view_problems
from tests.support.slack.delivery import Delivery, Retry
from tests.support.slack.ledger import Message, actionable, buttons
from tests.support.slack.markup import Mention, readable
from tests.support.slack.payloads import FormIncomplete
from tests.support.slack.picture import render_html
from tests.support.slack.server import APP_TOKEN, BOT_TOKEN, SlackServer
from tests.support.slack.signed_http import encoded, signed_headers
from tests.support.slack.workspace import Workspace, small_workspace

__all__ = [
    "APP_TOKEN",
    "BOT_TOKEN",
    "Delivery",
    "FormIncomplete",
    "Mention",
    "Message",
    "Retry",
    "SlackServer",
    "Workspace",
    "actionable",
    "buttons",
    "encoded",
    "message_problems",
    "readable",
    "render_html",
    "signed_headers",
    "small_workspace",
    "view_problems",
]
