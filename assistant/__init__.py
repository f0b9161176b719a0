"""Answer a question by quoting passages, or decline and say whom to ask."""
