"""The command line's own words in French: Typer writes its help and its usage errors in English.

Typer is pinned: its names below are not a public interface.
"""

from __future__ import annotations

from typer import rich_utils
from typer._click.exceptions import BadParameter, MissingParameter, NoSuchOption, UsageError

rich_utils.ARGUMENTS_PANEL_TITLE = "Arguments"
rich_utils.OPTIONS_PANEL_TITLE = "Options"
rich_utils.COMMANDS_PANEL_TITLE = "Commandes"
rich_utils.ERRORS_PANEL_TITLE = "Erreur"
rich_utils.DEFAULT_STRING = "[par défaut : {}]"
rich_utils.REQUIRED_LONG_STRING = "[obligatoire]"
rich_utils.ABORTED_TEXT = "Interrompu."
# What Typer's checks say of a value, by the words that tell them apart.
_VALUES = {
    "greater than or equal to": "nombre trop petit",
    "less than or equal to": "nombre trop grand",
    "valid integer": "un nombre entier est attendu",
}


def usage_message(error: UsageError) -> str:
    """One French line for a command that was typed wrong, with the way to its help."""
    command = error.ctx.command_path if error.ctx else "amaris"
    return f"{_reason(error)}. Voir « {command} --help »."


def _reason(error: UsageError) -> str:
    text = error.message.rstrip(".")
    if isinstance(error, MissingParameter):
        return f"il manque {error.param.name.upper()}" if error.param and error.param.name else "il manque un argument"
    if isinstance(error, NoSuchOption):
        return f"option inconnue : {error.option_name}"
    if text.startswith("No such command"):
        return f"commande inconnue : {text.split(' ', 3)[3]}"
    if "unexpected extra argument" in text:
        return "argument en trop ; une question s'écrit entre guillemets"
    if "requires an argument" in text:
        return f"une valeur manque après {text.split(chr(39))[1]}"
    if isinstance(error, BadParameter):
        hint = error.param_hint or (error.param.opts[-1] if error.param else "un argument")
        reason = next((french for english, french in _VALUES.items() if english in text), text)
        return f"valeur refusée pour {hint} : {reason}"
    return text
