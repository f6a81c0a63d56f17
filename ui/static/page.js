// Small comforts; every page works without them.

// Focus goes to what is wrong, so that it is read first.
const problem = document.getElementById("problem") ?? document.getElementById("refused") ?? document.querySelector("[aria-invalid]");
if (problem) problem.focus();

// A button that shows what was typed as a password.
for (const input of document.querySelectorAll("input[type=password][data-show]")) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "v-show";
  button.setAttribute("aria-controls", input.id);
  const say = () => { button.textContent = input.type === "password" ? input.dataset.show : input.dataset.hide; };
  button.addEventListener("click", () => { input.type = input.type === "password" ? "text" : "password"; say(); });
  input.form.addEventListener("submit", () => { input.type = "password"; });
  say();
  input.after(button);
}

// The strength of a new password, roughly: the server decides.
for (const input of document.querySelectorAll("input[data-meter]")) {
  const meter = document.getElementById(input.dataset.meter);
  input.addEventListener("input", () => {
    const text = input.value;
    const kinds = [/\p{Lu}/u, /\p{Ll}/u, /\p{N}/u, /[^\p{L}\p{N}]/u].filter((kind) => kind.test(text)).length;
    const distinct = new Set(text).size;
    const level = text.length >= 16 && kinds >= 3 && distinct >= 10 ? 2 : text.length >= 12 && kinds === 4 && distinct >= 7 ? 1 : 0;
    meter.hidden = text === "";
    meter.dataset.level = level;
    meter.textContent = meter.dataset[level];
  });
}

// The time until a code may be sent again.
const wait = document.getElementById("wait");
if (wait) {
  const resend = document.getElementById("resend");
  let left = Number(/\d+/.exec(wait.textContent)?.[0] ?? 0);
  resend.disabled = left > 0;
  const tick = setInterval(() => {
    left -= 1;
    if (left > 0) { wait.textContent = wait.textContent.replace(/\d+/, left); return; }
    clearInterval(tick);
    wait.remove();
    resend.disabled = false;
  }, 1000);
}

// The answer to a service goes by itself.
document.querySelector("form[data-autosubmit]")?.submit();
