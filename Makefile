# Deux commandes suffisent : « make serve » ouvre l'assistant, « make test » vérifie tout.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
# Ce que « make serve » écrit : modèle converti, index, documents ajoutés.
HOME_DIR ?= .home
PORT ?= 7860
# torch : la version CPU quand pip en trouve une, sinon celle de la plate-forme.
TORCH := 2.13.0
# Arguments de pip pour torch, par exemple un autre index ou un fichier déjà téléchargé.
TORCH_ARGS ?=
PIP := $(BIN)/python -m pip install --disable-pip-version-check

.PHONY: serve test check venv test-venv system-deps bench clean

serve: venv
	AMARIS_HOME=$(HOME_DIR) $(BIN)/amaris index update
	AMARIS_HOME=$(HOME_DIR) $(BIN)/amaris serve --port $(PORT)

test: test-venv
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest

bench: venv
	AMARIS_HOME=$(HOME_DIR) $(BIN)/python -m eval.bench

venv: $(VENV)/installed
test-venv: $(VENV)/installed-test

# torch d'abord et seul : sa version CPU doit être en place avant que les autres ne la demandent.
$(VENV)/installed: pyproject.toml constraints.txt
	@echo "Environnement Python dans $(VENV) (environ 2 Go, une seule fois)…"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 ou plus récent est nécessaire : make venv PYTHON=/chemin/python3.11" >&2; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) -q --upgrade -c constraints.txt pip setuptools
	$(PIP) $(TORCH_ARGS) torch==$(TORCH)+cpu 2>/dev/null || $(PIP) $(TORCH_ARGS) torch==$(TORCH)
	$(PIP) -c constraints.txt --no-build-isolation -e .
	@$(BIN)/python -c 'import torch, sys; sys.exit(torch.version.cuda is not None)' || \
	  echo "Attention : torch est une version GPU, plus lourde ; voir « Torch » dans README.md." >&2
	touch $@

$(VENV)/installed-test: $(VENV)/installed
	$(PIP) -c constraints.txt --no-build-isolation -e '.[test]'
	touch $@

# Ce que seul le système peut donner (Debian) : Chromium, pour les tests de la page ; OCRmyPDF et le français de
# Tesseract, pour lire les PDF numérisés.
system-deps:
	apt-get update -qq
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
	  chromium ocrmypdf tesseract-ocr-fra

clean:
	rm -rf $(VENV) $(HOME_DIR) build .pytest_cache .mypy_cache .ruff_cache .hypothesis
