"""The parts blocks are made of: text objects, buttons, menus and inputs, each with Slack's limits."""

from tests.support.slack.shapes import (
    Check,
    array,
    both,
    choice,
    flag,
    initial_is_an_option,
    one_of_keys,
    record,
    string,
    typed,
    unique,
    url,
    whole,
)

ID = string(255)


def plain(longest: int) -> Check:
    """Check a plain_text object."""
    return typed({"plain_text": record({"text": string(longest)}, {"emoji": flag})})


def text(longest: int) -> Check:
    """Check a plain_text or mrkdwn object."""
    mrkdwn = record({"text": string(longest)}, {"verbatim": flag})
    return typed({"plain_text": record({"text": string(longest)}, {"emoji": flag}), "mrkdwn": mrkdwn})


CONFIRM = record(
    {"title": plain(100), "text": text(300), "confirm": plain(30), "deny": plain(30)},
    {"style": choice("primary", "danger")},
)
OPTION = record({"text": plain(75), "value": string(150)}, {"description": plain(75)})
RICH_OPTION = record({"text": text(75), "value": string(150)}, {"description": text(75)})
GROUP = record({"label": plain(75), "options": array(OPTION, 100)})
FEEDBACK = record({"text": plain(75), "value": string(2000)}, {"accessibility_label": string(75)})

BUTTON = record(
    {"text": plain(75)},
    {
        "action_id": ID,
        "value": string(2000),
        "url": url,
        "style": choice("primary", "danger"),
        "confirm": CONFIRM,
        "accessibility_label": string(75),
        "agent_prompt": string(4000),
        "visible_to_user_ids": array(string(50), 10),
    },
)
IMAGE = both(
    record({"alt_text": string(2000)}, {"image_url": url, "slack_file": record({}, {"id": ID, "url": url})}),
    one_of_keys("image_url", "slack_file"),
)
CHOOSING: dict[str, Check] = {"action_id": ID, "confirm": CONFIRM, "focus_on_load": flag}
MENU: dict[str, Check] = {
    **CHOOSING,
    "placeholder": plain(150),
    "options": array(OPTION, 100),
    "option_groups": array(GROUP, 100),
}
TYPED: dict[str, Check] = {
    "action_id": ID,
    "placeholder": plain(150),
    "focus_on_load": flag,
    "dispatch_action_config": record({}, {"trigger_actions_on": array(string(50), 2)}),
}


def people_menu(initial: str) -> Check:
    """Check a menu that Slack fills itself."""
    return record({}, {**CHOOSING, "placeholder": plain(150), initial: string(50)})


INTERACTIVE: dict[str, Check] = {
    "button": BUTTON,
    "static_select": both(
        record({}, {**MENU, "initial_option": OPTION}), one_of_keys("options", "option_groups"), initial_is_an_option
    ),
    "overflow": record(
        {
            "options": array(
                record({"text": plain(75), "value": string(150)}, {"description": plain(75), "url": url}), 5
            )
        },
        {"action_id": ID, "confirm": CONFIRM},
    ),
    "checkboxes": both(
        record({"options": array(RICH_OPTION, 10)}, {**CHOOSING, "initial_options": array(RICH_OPTION, 10)}),
        initial_is_an_option,
    ),
    "radio_buttons": both(
        record({"options": array(RICH_OPTION, 10)}, {**CHOOSING, "initial_option": RICH_OPTION}), initial_is_an_option
    ),
    "users_select": people_menu("initial_user"),
    "channels_select": people_menu("initial_channel"),
    "datepicker": record({}, {**CHOOSING, "placeholder": plain(150), "initial_date": string(10)}),
    "timepicker": record(
        {}, {**CHOOSING, "placeholder": plain(150), "initial_time": string(5), "timezone": string(50)}
    ),
}
MULTI: dict[str, Check] = {
    "multi_static_select": both(
        record({}, {**MENU, "initial_options": array(OPTION, 100), "max_selected_items": whole(1, 100)}),
        one_of_keys("options", "option_groups"),
        initial_is_an_option,
    ),
}
WRITTEN: dict[str, Check] = {
    "plain_text_input": record(
        {},
        {
            **TYPED,
            "initial_value": string(3000, 0),
            "multiline": flag,
            "min_length": whole(0, 3000),
            "max_length": whole(1, 3000),
        },
    ),
    "number_input": record(
        {"is_decimal_allowed": flag},
        {**TYPED, "initial_value": string(100), "min_value": string(100), "max_value": string(100)},
    ),
}
NOT_IN_INPUT = ("button", "overflow")

IN_ACTIONS = array(typed(INTERACTIVE), 25)
IN_ACTIONS_UNIQUE = both(IN_ACTIONS, unique("action_id"))
IN_SECTION = typed({**INTERACTIVE, **MULTI, "image": IMAGE})
IN_INPUT = typed({**{k: v for k, v in INTERACTIVE.items() if k not in NOT_IN_INPUT}, **MULTI, **WRITTEN})
IN_CONTEXT = array(
    typed(
        {
            "image": IMAGE,
            "plain_text": record({"text": string(2000)}, {"emoji": flag}),
            "mrkdwn": record({"text": string(2000)}, {"verbatim": flag}),
        }
    ),
    10,
)
IN_CONTEXT_ACTIONS = array(
    typed(
        {
            "feedback_buttons": record({"positive_button": FEEDBACK, "negative_button": FEEDBACK}, {"action_id": ID}),
            "icon_button": record(
                {"icon": choice("trash"), "text": plain(75)},
                {
                    "action_id": ID,
                    "value": string(2000),
                    "confirm": CONFIRM,
                    "accessibility_label": string(75),
                    "visible_to_user_ids": array(string(50), 10),
                },
            ),
        }
    ),
    5,
)
