// The strength of a new password while it is typed, roughly: the server decides.

const has = {
  "error.password_no_upper": /\p{Lu}/u,
  "error.password_no_lower": /\p{Ll}/u,
  "error.password_no_digit": /\p{Nd}/u,
  "error.password_no_special": /[^\p{L}\p{Nd}]/u,
};

for (const input of document.querySelectorAll("input[data-meter]")) {
  const meter = document.getElementById(input.dataset.meter);
  const rules = [...document.querySelectorAll("[data-rule]")];
  input.addEventListener("input", () => {
    const text = input.value;
    const length = [...text].length;
    for (const rule of rules) {
      const kind = has[rule.dataset.rule];
      const met = kind ? kind.test(text) : rule.dataset.rule === "error.password_too_short" && length >= Number(rule.dataset.length);
      rule.toggleAttribute("data-met", met);
    }
    const kinds = Object.values(has).filter((kind) => kind.test(text)).length;
    const distinct = new Set(text).size;
    const level = length >= 16 && kinds >= 3 && distinct >= 10 ? 2 : length >= 12 && kinds === 4 && distinct >= 7 ? 1 : 0;
    meter.hidden = text === "";
    meter.dataset.level = level;
    meter.textContent = meter.dataset[level];
  });
}
