// One journey of a person, in a real browser: register, arrive from the bank,
// sign in, allow, be greeted; then single sign-on to the state service; sign out.
// VHOD_JOURNEY holds {issuer, relying, chromium, lang, variant, shots}.
import { chromium } from "playwright-core";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";

const { issuer, relying, chromium: executablePath, lang, variant, shots } = JSON.parse(process.env.VHOD_JOURNEY);
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const scripted = variant !== "noscript";
const words = { ru: { registered: "Регистрация завершена", signedOut: "Вы вышли" }, en: { registered: "Registration is complete", signedOut: "You are signed out" } }[lang];
const password = "Зелёный-Слон-73";
const phone = "+7999" + String(Math.floor(Math.random() * 1e7)).padStart(7, "0");

const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"] });
const context = await browser.newContext({
  locale: lang === "ru" ? "ru-RU" : "en-GB",
  javaScriptEnabled: scripted,
  viewport: variant === "phone" ? { width: 320, height: 740 } : { width: 1200, height: 900 },
  colorScheme: variant === "dark" ? "dark" : "light",
});
context.setDefaultTimeout(15000);
const page = await context.newPage();
let seen = 0;

function check(ok, what) {
  if (!ok) throw new Error(`${what}\n  at ${page.url()}`);
}

// look checks the page as it stands: accessible, in the language, not wider than
// the window, nothing refused by its own policy.
async function look(name) {
  seen += 1;
  if (shots) {
    mkdirSync(shots, { recursive: true });
    await page.screenshot({ path: `${shots}/${lang}-${variant}-${String(seen).padStart(2, "0")}-${name}.png`, fullPage: true });
  }
  if (!page.url().startsWith(issuer)) return;
  if (!scripted) return;
  check((await page.evaluate(() => document.documentElement.lang)) === lang, `${name}: wrong language`);
  check(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), `${name}: wider than the window`);
  // Playwright evaluates in the page's world past its content security policy.
  await page.evaluate(axe);
  const result = await page.evaluate(() => axe.run(document, { resultTypes: ["violations"] }));
  const violations = result.violations.map((v) => `${v.id}: ${v.help}: ${v.nodes.map((n) => n.html).join(" | ")}`);
  check(violations.length === 0, `${name}: axe found\n  ${violations.join("\n  ")}`);
}

page.on("console", (message) => {
  if (message.type() === "error" && /Content Security Policy|Trusted/.test(message.text())) {
    console.error(message.text());
    process.exitCode = 1;
  }
});

const press = async (selector) => { await page.click(selector); await page.waitForLoadState("load"); };
const at = async (path, what) => {
  try {
    await page.waitForURL((url) => url.pathname === path, { timeout: 15000 });
  } catch {
    throw new Error(`${what}: wanted ${path}, at ${page.url()}: ${(await page.textContent("main").catch(() => "")).trim().slice(0, 500)}`);
  }
};

// message waits for a message that fits.
async function message(to, fits) {
  for (let n = 0; n < 100; n += 1) {
    const answer = await fetch(`${issuer}/sandbox/api/messages?to=${encodeURIComponent(to)}`);
    const found = (await answer.json()).find((m) => fits(m) && !used.has(m.id));
    if (found) { used.add(found.id); return found; }
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error(`no message came to ${to}`);
}

// code waits for the message with the code.
const code = async (to) => (await message(to, (m) => m.code)).code;
const used = new Set();

try {
  // Register by phone.
  await page.goto(`${issuer}/?lang=${lang}`);
  await look("home");
  await page.goto(`${issuer}/register`);
  await look("register");
  await press("#submit");
  await look("register-errors");
  await page.fill("#contact", phone);
  await page.check("#terms");
  await page.check("#personal_data");
  await press("#submit");
  await at("/register/code", "registration");
  await look("register-code");
  await page.fill("#code", "12");
  await press("#submit");
  await look("register-code-wrong");
  await page.fill("#code", await code(phone));
  await press("#submit");
  await at("/register/password", "code of registration");
  await page.fill("#password", "simple");
  await page.fill("#password2", "simple");
  await press("#submit");
  await look("register-password-refused");
  await page.fill("#password", password);
  await page.fill("#password2", password);
  await press("#submit");
  await at("/register/person", "password of registration");
  await page.fill("#surname", "Тестова");
  await page.fill("#name", "Мария");
  await page.fill("#birth_date", "вчера");
  await press("#submit");
  await look("register-person-refused");
  check((await page.inputValue("#surname")) === "Тестова", "a refused form lost what was typed");
  await page.fill("#birth_date", "31.12.1990");
  await press("#submit");
  await at("/account", "registration finished");
  check((await page.textContent("main")).includes(words.registered), "the account page does not say that registration is complete");
  await look("account");
  if (scripted) {
    // Without scripts the browser asks whether to send the refused form again.
    await page.goBack();
    await at("/register", "back past a refused form");
  }
  for (const path of ["profile", "security", "sessions", "services"]) {
    await page.goto(`${issuer}/account/${path}`);
    await look(`account-${path}`);
  }
  await page.goto(`${issuer}/account/password`);
  await look("account-password");
  await press("#sign-out"); // on every page
  await at("/", "signed out");
  check((await page.textContent("[role=status]")).includes(words.signedOut), "the start page does not say that the person is signed out");
  await look("signed-out");

  // Arrive from the bank.
  await page.goto(`${relying}/bank/`);
  await press("#signin");
  await at("/login", "arrived from the bank");
  await look("login");
  await page.fill("#login", phone);
  await page.fill("#password", "wrong");
  await press("#submit");
  await look("login-wrong");
  await page.fill("#login", phone);
  await page.fill("#password", password);
  await press("#submit");
  await at("/login/sms", "password");
  await look("login-code");
  await page.fill("#code", await code(phone));
  await press("#submit");
  await at("/consent", "second factor");
  await look("consent");
  await press("#submit");
  await at("/bank/", "back at the bank");
  check((await page.textContent("#name")).includes("Тестова"), "the bank does not show the name");
  await look("bank");
  const services = new URL(page.url()).origin; // where the services keep their cookies

  // Single sign-on to the state service: nothing to type.
  await page.goto(`${services}/state/`);
  await press("#signin");
  await at("/consent", "single sign-on");
  await press("#submit");
  await at("/state/", "back at the state service");
  check((await page.textContent("#name")).includes("Тестова"), "the state service does not show the name");

  // The second time nothing is asked at all.
  await page.goto(`${services}/state/login`);
  await at("/state/", "remembered consent");

  // Refresh and sign out.
  await page.goto(`${services}/bank/`);
  await press("#refresh");
  await page.goto(`${services}/bank/`);
  await press("#signout");
  await at("/oauth2/logout", "sign-out");
  await look("logout");
  await press("#submit");
  await at("/bank/goodbye", "signed out at the bank");
  await page.goto(`${services}/state/login?prompt=login`);
  await at("/login", "no session is left");

  // Register by e-mail, with the link, on the way to a service that wants more than
  // a new account has.
  const email = `person${Date.now()}${Math.floor(Math.random() * 1e6)}@example.com`;
  const strict = `${issuer}/oauth2/authorize?client_id=strict&redirect_uri=${encodeURIComponent(`${relying}/nowhere`)}&response_type=code&scope=openid&state=s&code_challenge=${"A".repeat(43)}&code_challenge_method=S256`;
  await page.goto(strict);
  await page.click("a[href^='/register']");
  await at("/register", "registration on the way to a service");
  await page.fill("#contact", email);
  await page.check("#terms");
  await page.check("#personal_data");
  await press("#submit");
  await at("/register/code", "registration by e-mail");
  await look("register-code-email");
  const mail = await message(email, (m) => m.link);
  await page.goto(mail.link);
  await look("register-link");
  await press("#submit");
  await at("/register/password", "link of registration");
  await page.fill("#password", password);
  await page.fill("#password2", password);
  await press("#submit");
  await page.fill("#surname", "Тестов");
  await page.fill("#name", "Пётр");
  await page.fill("#birth_date", "01.02.1980");
  await press("#submit");
  await at("/login/level", "a service that wants a confirmed person");
  await look("level");
  await press("#submit"); // back to the service, which is told why
  await at("/nowhere", "back from the level page");
  await page.goto(mail.link);
  await press("#submit");
  await look("register-link-used");

  // A choice of accounts, an answer by form, and signing out without a service.
  await page.goto(`${issuer}/account`);
  await page.goto(`${services}/bank/login?prompt=select_account`);
  await at("/login/account", "choice of account");
  await look("select-account");
  await press("#submit");
  await at("/consent", "chosen account");
  await press("#deny");
  await page.waitForURL((url) => url.origin === services);
  if (scripted) {
    await page.route("**/page.js*", (route) => route.abort());
    await page.goto(`${strict}&response_mode=form_post&prompt=none`);
    await look("form-post");
    await page.unroute("**/page.js*");
  }
  await page.goto(`${issuer}/oauth2/logout`);
  await press("#submit");
  await look("logged-out");

  for (const path of ["/help/start", "/help/terms", "/help/personal-data", "/no-such-page", "/oauth2/authorize?client_id=nobody", "/sandbox", "/oauth2/logout"]) {
    await page.goto(issuer + path);
    await look(path.replace(/\W+/g, "-"));
  }
  console.log(`${lang} ${variant}: ${seen} pages`);
} catch (error) {
  console.error(String(error.stack ?? error));
  if (shots) { mkdirSync(shots, { recursive: true }); await page.screenshot({ path: `${shots}/failed-${lang}-${variant}.png`, fullPage: true }); }
  process.exitCode = 1;
} finally {
  await browser.close();
}
