"""What went wrong with Anthropic, as one of the troubles that the core knows and a sentence for the owner.

Called by `anthropic`. Nothing of an SDK's error gets into a sentence: its message holds what the provider sent, and
its request holds the key.
"""

from orchestration.errors import ModelTrouble

_OF_STATUS: dict[int, ModelTrouble] = {
    401: "unauthorised",
    402: "spend_limit",
    403: "unauthorised",
    404: "no_model",
    408: "timeout",
    409: "overloaded",
    429: "rate_limited",
    499: "unreachable",
    501: "rejected",
    502: "unreachable",
    504: "timeout",
}
_OF_CODE: dict[str, ModelTrouble] = {
    "contract_spend_limit_reached": "spend_limit",
    "enforced_spend_limit_reached": "spend_limit",
    "linked_organization_billing_unavailable": "spend_limit",
    "linked_organization_spend_limit_reached": "spend_limit",
    "organization_on_hold": "unauthorised",
}
_SENTENCES: dict[ModelTrouble, str] = {
    "timeout": "{model} did not answer in time. Ask again, or give it more time under `models:` in the policy.",
    "unreachable": "{model} cannot be reached. Check the network, and ANTHROPIC_BASE_URL if it is set.",
    "rate_limited": "{model} takes no more requests just now. Wait a little and ask again.",
    "overloaded": "{model} has too much to do, or is down. Ask again in a few minutes.",
    "spend_limit": "The account that pays for {model} has nothing left. Add credit or raise its limit at Anthropic.",
    "unauthorised": "Anthropic does not let this key use {model}. Check ANTHROPIC_API_KEY and the account it is of.",
    "no_model": "Anthropic knows no model {model}. Check SAYSO_EXTERNAL_MODEL, and ANTHROPIC_BASE_URL if it is set.",
    "rejected": "Anthropic would not take what was put to {model}. Ask in other words, or for less at once.",
    "broken": "{model} sent what is no answer. Ask again; if that does not help, check ANTHROPIC_BASE_URL.",
}


def trouble_of(status: int, code: str | None) -> ModelTrouble:
    """Return what an HTTP status other than success means, with the provider's own code if it gave one."""
    if code in _OF_CODE:
        return _OF_CODE[code]
    if status in _OF_STATUS:
        return _OF_STATUS[status]
    if status >= 500:
        return "overloaded"
    return "rejected" if status >= 400 else "broken"


def sentence(trouble: ModelTrouble, model: str) -> str:
    """Return what to tell the owner."""
    return _SENTENCES[trouble].format(model=model)
