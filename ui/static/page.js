// Loaded before Gradio's own scripts: French whatever the browser's language, and what a screen
// reader needs that Gradio 6.31 does not say. Nothing here talks to any other site.
(function () {
  "use strict";
  // Gradio takes its language from the browser and writes it on <html lang>.
  try {
    Object.defineProperty(navigator, "language", { get: function () { return "fr"; } });
    Object.defineProperty(navigator, "languages", { get: function () { return ["fr"]; } });
  } catch (error) { /* an old browser keeps its own language */ }

  function set(element, name, value) {
    if (element && element.getAttribute(name) !== value) element.setAttribute(name, value);
  }
  var last = "";
  function announce(text) {
    var place = document.getElementById("annonce");
    if (place && text !== last) { last = text; place.textContent = text; }
  }
  var LABELS = { "Copy message": "Copier le message", "Copied message": "Message copié", "Copy conversation": "Copier la conversation", "Scroll down": "Aller en bas" };

  var asked = 0;
  function mend() {
    document.querySelectorAll("#conversation [role=log]").forEach(function (log) {
      // Every change of the conversation would be read again: the announcer below says it once.
      set(log, "aria-live", "off"); set(log, "aria-label", "Conversation"); set(log, "tabindex", "0");
    });
    document.querySelectorAll("#conversation [data-testid=user], #conversation [data-testid=bot]").forEach(function (message) {
      set(message, "role", "article");
      set(message, "aria-label", message.dataset.testid === "user" ? "Votre question" : "Réponse de l’assistant");
    });
    document.querySelectorAll("#conversation button[aria-label]").forEach(function (button) {
      var label = LABELS[button.getAttribute("aria-label")];
      if (label) { set(button, "aria-label", label); set(button, "title", label); }
    });
    var sources = document.getElementById("sources");
    set(sources, "role", "region"); set(sources, "aria-label", "Sources de la réponse"); set(sources, "tabindex", "0");
    document.querySelectorAll("[data-testid=toast-body] *").forEach(function (node) {
      if (node.children.length) return;
      if (/^Connection to the server was lost/.test(node.textContent)) node.textContent = "Connexion perdue. Nouvel essai en cours…";
      if (/currently busy/.test(node.textContent)) node.textContent = "L’assistant est très demandé. Réessayez dans une minute.";
      if (node.textContent.trim() === "Error") node.textContent = "Erreur";
    });
    document.querySelectorAll("[data-testid=toast-close]").forEach(function (button) { set(button, "aria-label", "Fermer"); });
    var questions = document.querySelectorAll("#conversation [data-testid=user]");
    if (questions.length !== asked) {
      asked = questions.length;
      // The last question at the top of the frame, so that its answer is read from the start.
      var log = document.querySelector("#conversation [role=log]"), latest = questions[asked - 1];
      if (log && latest) log.scrollTop += latest.getBoundingClientRect().top - log.getBoundingClientRect().top - 48;
    }
    var state = document.querySelector("#etat .prose");
    if (state) announce(state.textContent.trim());
  }
  var waiting = 0;
  function later() { if (!waiting) waiting = setTimeout(function () { waiting = 0; mend(); }, 30); }
  document.addEventListener("DOMContentLoaded", function () {
    mend();
    new MutationObserver(later).observe(document.body, {
      subtree: true, childList: true, characterData: true, attributes: true, attributeFilter: ["aria-label", "aria-live", "role"]
    });
  });
  // [n] in an answer leads to the passage; Gradio's <base> would make it a navigation that loses the conversation.
  document.addEventListener("click", function (event) {
    var link = event.target.closest && event.target.closest('a[href*="#source-"]');
    if (!link) return;
    event.preventDefault();
    var target = document.getElementById(link.getAttribute("href").split("#")[1]);
    if (target) { target.setAttribute("tabindex", "-1"); target.focus(); target.scrollIntoView({ block: "nearest" }); }
  }, true);
})();
