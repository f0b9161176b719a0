"""Question files: read, checked, and their digest."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from corpus.errors import InvalidQuestions

Expected = Literal["answer", "redirect", "out_of_scope", "not_found", "emergency"]


@dataclass(frozen=True, slots=True)
class Question:
    id: str
    question: str
    expected: Expected = "answer"
    relevant: tuple[str, ...] = ()  # document ids, or document#section
    key_facts: tuple[tuple[str, ...], ...] = ()  # each fact as its accepted wordings
    tags: tuple[str, ...] = ()
    extra: dict[str, Any] = field(default_factory=dict)  # unknown keys, kept

    @property
    def relevant_documents(self) -> frozenset[str]:
        return frozenset(name.split("#")[0] for name in self.relevant)


def read_questions(path: Path) -> list[Question]:
    """The questions of a JSON Lines file, in order.

    Raises:
        InvalidQuestions: naming the line, if the file breaks its format.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidQuestions(f"{path} : fichier illisible. Un fichier JSON Lines en UTF-8 est attendu.") from error
    questions: list[Question] = []
    seen: set[str] = set()
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        question = _question(line, f"{path.name}, ligne {number}")
        if question.id in seen:
            raise InvalidQuestions(
                f"{path.name}, ligne {number} : identifiant « {question.id} » déjà pris. Changez-le."
            )
        seen.add(question.id)
        questions.append(question)
    if not questions:
        raise InvalidQuestions(f"{path.name} : aucune question. Écrivez un objet JSON par ligne.")
    return questions


def _question(line: str, where: str) -> Question:
    try:
        row = json.loads(line)
        json.dumps(row, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        raise InvalidQuestions(f"{where} : JSON mal formé, caractère {error.colno}. Corrigez la ligne.") from error
    except UnicodeEncodeError as error:
        raise InvalidQuestions(f"{where} : la moitié d'un caractère (\\ud800 à \\udfff). Corrigez la ligne.") from error
    if not isinstance(row, dict):
        raise InvalidQuestions(f'{where} : un objet est attendu. Écrivez {{"id": …, "question": …}}.')
    known = {
        name: row.pop(name) for name in ("id", "question", "expected", "relevant", "key_facts", "tags") if name in row
    }
    for name in ("id", "question"):
        if not isinstance(known.get(name), str) or not known[name].strip():
            raise InvalidQuestions(f"{where} : « {name} » manque ou est vide. Ajoutez-le.")
    expected = known.get("expected", "answer")
    if expected not in get_args(Expected):
        raise InvalidQuestions(
            f"{where} : « expected » vaut « {expected} ». Valeurs : {', '.join(get_args(Expected))}."
        )
    for name in ("relevant", "key_facts", "tags"):
        if not isinstance(known.get(name, []), list):
            raise InvalidQuestions(f"{where} : « {name} » doit être une liste. Corrigez la ligne.")
    if not all(isinstance(fact, str | list) for fact in known.get("key_facts", [])):
        raise InvalidQuestions(f"{where} : « key_facts » : chaque fait est un texte ou une liste. Corrigez la ligne.")
    facts = tuple((fact,) if isinstance(fact, str) else tuple(map(str, fact)) for fact in known.get("key_facts", []))
    return Question(
        id=known["id"],
        question=known["question"],
        expected=expected,
        relevant=tuple(map(str, known.get("relevant", []))),
        key_facts=facts,
        tags=tuple(map(str, known.get("tags", []))),
        extra=row,
    )


def digest_of(questions: list[Question]) -> str:
    """SHA-256, hexadecimal, of what is asked and expected: a measure means something for these only."""
    rows = [[q.id, q.question, q.expected, q.relevant, q.key_facts] for q in questions]
    return hashlib.sha256(json.dumps(rows, ensure_ascii=False).encode()).hexdigest()
