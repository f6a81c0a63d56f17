// Small comforts; every page works without them.

// Focus goes to what is wrong, so that it is read first.
document.getElementById("problem")?.focus();

// A page that answers a post stands in the history as the page that it can be opened by
// again, so that Back does not ask whether to post once more. Kept in no cache, it has
// no other way back; the links to other languages know its address.
const again = document.querySelector("#problem, #wait") && document.querySelector(".v-lang a");
if (again) {
  const address = new URL(again.href);
  address.searchParams.delete("lang");
  history.replaceState(null, "", address);
}

// A button that shows what was typed as a password.
for (const input of document.querySelectorAll("input[type=password][data-show]")) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "v-show";
  button.setAttribute("aria-controls", input.id);
  const say = () => { button.textContent = input.type === "password" ? input.dataset.show : input.dataset.hide; };
  button.addEventListener("click", () => { input.type = input.type === "password" ? "text" : "password"; say(); });
  input.form.addEventListener("submit", () => { input.type = "password"; say(); });
  say();
  input.after(button);
}

// Time that is left: counted by the clock, since a sleeping page's timers stand.
for (const timer of document.querySelectorAll("[data-left]")) {
  const end = Date.now() + timer.dataset.left * 1000;
  const button = document.getElementById(timer.dataset.enables);
  if (button) button.disabled = true;
  const tick = () => {
    const left = Math.max(0, Math.ceil((end - Date.now()) / 1000));
    timer.textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
    if (left > 0) return;
    clearInterval(clock);
    timer.parentElement.remove();
    if (button) button.disabled = false;
  };
  const clock = setInterval(tick, 1000);
}
