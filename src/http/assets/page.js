// Enhancements only: every journey works without this file.
"use strict";

(function () {
  // The digits of every keyboard, and nothing that people put between them.
  function digitsOf(text) {
    return text
      .replace(/[۰-۹]/g, function (c) { return String(c.charCodeAt(0) - 0x06f0); })
      .replace(/[٠-٩]/g, function (c) { return String(c.charCodeAt(0) - 0x0660); })
      .replace(/[^0-9]/g, "");
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

  // The text of an objection is kept on the server while it is typed, so that no lost session takes it away.
  const draft = document.querySelector("form[data-autosave]");
  if (draft) {
    const said = document.getElementById("autosave-live");
    let kept = draft.elements.text.value;
    setInterval(function () {
      const text = draft.elements.text.value;
      if (text === kept || text.trim() === "") return;
      const fields = new URLSearchParams(new FormData(draft));
      fields.set("autosave", "1");
      fetch(draft.action, { method: "POST", body: fields, redirect: "error" }).then(function (answer) {
        if (answer.status !== 204) return;
        kept = text;
        if (!said.textContent) say(said, draft.dataset.autosave, "ok");
      }, function () {});
    }, 10000);
  }

  // Pictures: shrunk once, sent with progress, tried again with the same key.
  const LONGEST = 2000;
  const ENOUGH = 900 * 1024;
  const PAUSES = [1500, 4000, 10000];

  function toPersian(number) {
    return String(number).replace(/[0-9]/g, function (c) { return String.fromCharCode(0x06f0 + Number(c)); });
  }

  function toBlob(canvas, quality) {
    return new Promise(function (done) { canvas.toBlob(done, "image/jpeg", quality); });
  }

  // What a canvas cannot read is sent as it is: the server says what is wrong with it.
  async function shrink(file) {
    try {
      const picture = await createImageBitmap(file);
      const scale = Math.min(1, LONGEST / Math.max(picture.width, picture.height));
      if (scale === 1 && file.size <= ENOUGH) return file;
      const canvas = document.createElement("canvas");
      canvas.width = Math.round(picture.width * scale);
      canvas.height = Math.round(picture.height * scale);
      const pen = canvas.getContext("2d");
      pen.fillStyle = "#fff";
      pen.fillRect(0, 0, canvas.width, canvas.height);
      pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
      let best = null;
      for (const quality of [0.88, 0.75, 0.6, 0.45, 0.3]) {
        best = await toBlob(canvas, quality);
        if (best && best.size <= ENOUGH) break;
      }
      return best && best.size < file.size ? best : file;
    } catch (error) {
      return file;
    }
  }

  function post(form, body, progress) {
    return new Promise(function (done) {
      const request = new XMLHttpRequest();
      request.open("POST", form.getAttribute("action"));
      request.responseType = "document";
      request.upload.onprogress = function (event) {
        if (event.lengthComputable) progress(Math.floor((100 * event.loaded) / event.total));
      };
      request.onloadend = function () { done(request); };
      request.send(body);
    });
  }

  // Shows the answer in the place of the pictures; anything else, such as the end of the session, in the place of the page.
  function show(answer) {
    const place = document.getElementById("pictures");
    const fresh = answer.getElementById("pictures");
    document.title = answer.title;
    if (!fresh) {
      const main = document.getElementById("main");
      main.replaceWith(answer.getElementById("main"));
      document.getElementById("main").focus();
      return null;
    }
    place.replaceWith(fresh);
    return fresh;
  }

  async function upload(form, file) {
    const words = document.getElementById("pictures").dataset;
    const status = document.getElementById("upload-live");
    const kind = form.elements.kind.value;
    const bar = document.createElement("progress");
    bar.max = 100;
    bar.setAttribute("aria-label", words.sending);
    form.append(bar);
    say(status, words.shrinking, "busy");
    const body = new FormData();
    body.append("kind", kind);
    body.append("key", form.elements.key.value);
    body.append("picture", await shrink(file), file.name);
    let told = -1;
    const progress = function (percent) {
      bar.value = percent;
      // A screen reader is told in quarters.
      const quarter = Math.floor(percent / 25);
      if (quarter === told) return;
      told = quarter;
      say(status, words.sending + ": " + toPersian(percent) + " " + words.percent, "busy");
    };
    for (let attempt = 0; ; attempt++) {
      const answer = await post(form, body, progress);
      const again = answer.status === 0 || answer.status === 429 || answer.status >= 500 || !answer.response;
      if (!again) {
        const fresh = show(answer.response);
        const fault = document.getElementById("errors");
        say(status, fresh && !fault ? words.done : "", "busy");
        if (fault) fault.focus();
        else if (fresh) document.getElementById(kind).focus();
        return;
      }
      told = -1;
      if (attempt >= PAUSES.length) break;
      say(status, words.retry, "busy");
      await new Promise(function (done) { setTimeout(done, PAUSES[attempt]); });
    }
    bar.remove();
    say(status, words.failed, "busy");
    const button = document.createElement("button");
    button.type = "button";
    button.className = "link again";
    button.textContent = words.again;
    button.addEventListener("click", function () {
      button.remove();
      upload(form, file);
    });
    form.after(button);
    button.focus();
  }

  document.addEventListener("change", function (event) {
    const form = event.target.closest && event.target.closest("form[data-upload]");
    if (form && event.target.files && event.target.files.length === 1) upload(form, event.target.files[0]);
  });
  if (document.getElementById("pictures")) document.documentElement.classList.add("js");

  const print = document.getElementById("print");
  if (print) {
    print.hidden = false;
    print.addEventListener("click", function () { window.print(); });
  }
})();
