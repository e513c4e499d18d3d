// Enhancements only: every journey works without this file.
"use strict";

(function () {
  // The digits of every keyboard, and nothing that people put between them.
  function digitsOf(text) {
    return text
      .replace(/[۰-۹]/g, function (c) { return String(c.charCodeAt(0) - 0x06f0); })
      .replace(/[٠-٩]/g, function (c) { return String(c.charCodeAt(0) - 0x0660); })
      .replace(/[\s\-‐–\u200c]/g, "");
  }

  // The check digit of a national code. 0000000000 is refused, as on the server.
  function isNationalCode(code) {
    if (!/^[0-9]{10}$/.test(code) || code === "0000000000") return false;
    let sum = 0;
    for (let i = 0; i < 9; i++) sum += Number(code[i]) * (10 - i);
    const rest = sum % 11;
    return Number(code[9]) === (rest < 2 ? rest : 11 - rest);
  }

  function lengthOf(year, month) {
    if (month <= 6) return 31;
    if (month < 12) return 30;
    return (25 * year + 11) % 33 < 8 ? 30 : 29;
  }

  function say(live, text, kind) {
    live.textContent = text;
    live.className = "live " + kind;
  }

  const spouse = document.querySelector("[data-national-code]");
  const live = document.getElementById("spouse-live");
  if (spouse && live) {
    spouse.addEventListener("input", function () {
      const code = digitsOf(spouse.value);
      if (code.length < 10) say(live, "", "");
      else if (isNationalCode(code)) say(live, "این کد ملی درست است.", "ok");
      else say(live, "این شماره کد ملی نیست؛ ده رقم را دوباره نگاه کنید.", "no");
    });
  }

  // Days that the chosen month lacks cannot be chosen. A chosen one stays, and the server explains it.
  const day = document.querySelector("select[name=day]");
  const month = document.querySelector("select[name=month]");
  const year = document.querySelector("select[name=year]");
  if (day && month && year) {
    const limit = function () {
      const days = month.value && year.value ? lengthOf(Number(year.value), Number(month.value)) : 31;
      for (const option of day.options) {
        option.disabled = Number(option.value) > days && !option.selected;
      }
    };
    month.addEventListener("change", limit);
    year.addEventListener("change", limit);
    limit();
  }

  const errors = document.getElementById("errors");
  if (errors) errors.focus();

  // A second press of a button sends nothing twice.
  for (const form of document.querySelectorAll("form[data-once]")) {
    form.addEventListener("submit", function (event) {
      if (form.dataset.sent) {
        event.preventDefault();
        return;
      }
      form.dataset.sent = "1";
      const button = form.querySelector("button[type=submit]");
      if (button) button.setAttribute("aria-disabled", "true");
    });
  }
  window.addEventListener("pageshow", function () {
    for (const form of document.querySelectorAll("form[data-once]")) {
      delete form.dataset.sent;
      const button = form.querySelector("button[type=submit]");
      if (button) button.removeAttribute("aria-disabled");
    }
  });

  const print = document.getElementById("print");
  if (print) {
    print.hidden = false;
    print.addEventListener("click", function () { window.print(); });
  }
})();
