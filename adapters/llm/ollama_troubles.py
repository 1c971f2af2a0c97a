"""What went wrong with Ollama, as one of the troubles that the core knows and a sentence for the owner.

Called by `ollama`. Nothing of an error's own text gets into a sentence: it may hold what was asked or answered.
"""

from orchestration.errors import ModelTrouble

_OF_STATUS: dict[int, ModelTrouble] = {
    401: "unauthorised",
    403: "unauthorised",
    404: "no_model",
    408: "timeout",
    429: "rate_limited",
    502: "unreachable",
    504: "timeout",
}
_SENTENCES: dict[ModelTrouble, str] = {
    "timeout": "{model} did not answer in time. Ask again, or give it more time under `models:` in the policy.",
    "unreachable": "Ollama cannot be reached. Start it with `ollama serve`, and check OLLAMA_HOST if it is set.",
    "rate_limited": "Ollama takes no more requests just now. Wait a little and ask again.",
    "overloaded": "Ollama could not run {model}. It has too much to do or too little memory; its log says which.",
    "unauthorised": "Ollama does not accept this key. Check OLLAMA_API_KEY.",
    "no_model": "Ollama has no model {model} that can answer. Run `ollama pull {model}`, or check SAYSO_LOCAL_MODEL.",
    "rejected": "Ollama would not take what was put to {model}. Ask in other words, or for less at once.",
    "broken": "{model} sent what is no answer. Ask again; if that does not help, check OLLAMA_HOST.",
}


def trouble_of(status: int, said: str) -> ModelTrouble:
    """Return what an error of Ollama's means: its HTTP status, or -1 in the middle of an answer, and what it said."""
    if status in _OF_STATUS:
        return _OF_STATUS[status]
    if status >= 500:
        return "overloaded"
    if status < 400:
        return "broken"
    return "no_model" if "does not support" in said else "rejected"


def sentence(trouble: ModelTrouble, model: str) -> str:
    """Return what to tell the owner."""
    return _SENTENCES[trouble].format(model=model)
