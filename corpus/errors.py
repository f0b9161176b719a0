"""Errors this project raises on purpose. Each message says what was found and what to do.

AssistantError
├── InvalidSetting        a setting is wrong: correct it and start again
├── InvalidQuestion       the question cannot be processed: ask it otherwise
├── UnreadableDocument    one document cannot be read: the others still can
│   ├── InvalidFiche      its front matter or its sections break a rule
│   └── DuplicateDocument its id is already taken by another document
├── UnknownDocument       no document has this id
├── EncoderUnavailable    the sentence encoder cannot be prepared or loaded
├── StorageError          the disk is full, read-only, or not ours to write
├── NoIndex               there is no index yet: build it
├── IncompatibleIndex     the index was built otherwise: build it again
├── DamagedIndex          a file of the index is missing or corrupted: build it again
├── EmptyCorpus           there is nothing to index
└── InvalidQuestions      an evaluation file breaks its format
"""

from __future__ import annotations

import errno
from pathlib import Path


class AssistantError(Exception):
    """Base class. An entry point turns it into one line and exit code 1."""


class InvalidSetting(AssistantError):
    def __init__(self, key: str, value: object, reason: str) -> None:
        super().__init__(f"réglage {key} = « {value} » refusé : {reason}")
        self.key = key


class InvalidQuestion(AssistantError):
    """The message is shown to the visitor as it is."""


class UnreadableDocument(AssistantError):
    def __init__(self, source: str, reason: str, remedy: str) -> None:
        super().__init__(f"{source} : {reason}. {remedy}")
        self.source = source
        self.reason = reason
        self.remedy = remedy


class InvalidFiche(UnreadableDocument):
    def __init__(self, source: str, line: int, reason: str, remedy: str) -> None:
        super().__init__(f"{source}, ligne {line}", reason, remedy)
        self.line = line


class DuplicateDocument(UnreadableDocument):
    def __init__(self, source: str, document_id: str, first: str) -> None:
        super().__init__(
            source,
            f"l'identifiant « {document_id} » est déjà celui de {first}",
            "Renommez le fichier, changez « id » dans son en-tête, "
            f"ou retirez l'autre par « amaris corpus remove {document_id} ».",
        )
        self.document_id = document_id


class UnknownDocument(AssistantError):
    def __init__(self, document_id: str, remedy: str) -> None:
        super().__init__(f"aucun document « {document_id} ». {remedy}")
        self.document_id = document_id


class EncoderUnavailable(AssistantError):
    pass


def reason_of(error: OSError) -> str:
    """What the system refused, in French."""
    return {
        errno.ENOENT: "il n'existe pas",
        errno.EACCES: "l'accès en est interdit",
        errno.EPERM: "l'accès en est interdit",
        errno.EISDIR: "c'est un dossier",
        errno.ENOTDIR: "ce n'est pas un dossier",
        errno.ENAMETOOLONG: "le nom est trop long",
        errno.EADDRINUSE: "un autre programme l'occupe",
        errno.EADDRNOTAVAIL: "elle n'est pas sur cette machine",
        errno.EIO: "le disque ne répond pas",
    }.get(error.errno or 0, f"erreur {error.errno} du système")


class StorageError(AssistantError):
    """What the system refused, said with the remedy that fits."""

    def __init__(self, path: Path, error: OSError) -> None:
        reason, remedy = {
            errno.ENOSPC: ("le disque est plein", "Libérez de la place puis recommencez."),
            errno.EDQUOT: ("le quota de disque est atteint", "Libérez de la place puis recommencez."),
            errno.EROFS: (
                "le disque est en lecture seule",
                "Choisissez un autre dossier avec --home.",
            ),
            errno.EACCES: (
                "l'écriture y est interdite",
                "Donnez-vous le droit d'y écrire ou choisissez un autre dossier avec --home.",
            ),
            errno.EPERM: (
                "l'écriture y est interdite",
                "Donnez-vous le droit d'y écrire ou choisissez un autre dossier avec --home.",
            ),
            errno.ENOENT: ("ce dossier ne peut pas être créé", "Choisissez un autre dossier avec --home."),
            errno.ENOTDIR: ("ce n'est pas un dossier", "Donnez un dossier à --home."),
            errno.EEXIST: ("ce n'est pas un dossier", "Donnez un dossier à --home."),
        }.get(
            error.errno or 0,
            (reason_of(error), "Vérifiez le chemin et le disque, puis recommencez."),
        )
        super().__init__(f"{path} : {reason}. {remedy} Rien de ce qui existait n'est perdu.")
        self.path = path


class NoIndex(AssistantError):
    def __init__(self, folder: Path) -> None:
        super().__init__(f"aucun index dans {folder}. Lancez « amaris index build ».")


class IncompatibleIndex(AssistantError):
    def __init__(self, differences: list[str]) -> None:
        super().__init__(f"index incompatible : {' ; '.join(differences)}. Lancez « amaris index build ».")
        self.differences = differences


class DamagedIndex(AssistantError):
    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"index abîmé, {name} : {reason}. Lancez « amaris index build ».")
        self.name = name


class EmptyCorpus(AssistantError):
    pass


class InvalidQuestions(AssistantError):
    pass
