"use strict";
(() => {
  const root = document.documentElement;
  root.classList.add("js");
  if (new URLSearchParams(location.search).get("blank") === "1") root.classList.add("blank");

  const get = (id) => document.getElementById(id);
  const all = (selector) => [...document.querySelectorAll(selector)];
  const { steps, forward } = JSON.parse(get("data").textContent);
  const last = steps.length;
  const timed = all("[data-at]").map((element) => [element, +element.dataset.at]);
  const about = all("[data-now]").map((element) => [element, element.dataset.now.split(" ").map(Number)]);
  const panels = all("[data-panel]");
  const nodes = all(".node");
  const graph = document.querySelector(".picture .scroll");
  const scrollers = all(".scroll");
  const names = new Map(nodes.map((node) => [node, node.getAttribute("aria-label").split(/, (?=value |gradient )/)]));
  let step = last;
  let timer = 0;

  // -- steps ---------------------------------------------------------------------------------------------

  const place = () => {
    if (!step) return `start / ${last}`;
    return step > forward ? `backward ${step - forward} / ${last - forward}` : `forward ${step} / ${forward}`;
  };
  const words = (number) => (number ? `Step ${number} of ${last}: ${steps[number - 1].words}` : "Start. Nothing is computed yet");

  function show(number, speak = true) {
    step = Math.min(last, Math.max(0, number));
    for (const [element, at] of timed) element.classList.toggle("later", at > step);
    for (const [element, numbers] of about) {
      const now = numbers.includes(step);
      element.classList.toggle("now", now);
      if (now) element.setAttribute("aria-current", "step");
      else element.removeAttribute("aria-current");
    }
    for (const panel of panels) panel.classList.toggle("now", +panel.dataset.panel === step);
    for (const [node, parts] of names) node.setAttribute("aria-label", spoken(node, parts));
    get("slider").value = step;
    get("slider").setAttribute("aria-valuetext", words(step));
    get("place").textContent = place();
    get("start").disabled = get("back").disabled = step === 0;
    get("end").disabled = get("next").disabled = step === last;
    if (speak) get("spoken").textContent = words(step);
    if (speak) remember();
    if (quiz.on) ask();
    if (speak) follow();
    bringIntoView();
  }

  function spoken(node, [name, ...known]) {
    const is = (kind) => node.querySelector(`.${kind}:not(.later)`);
    return [name, ...known.filter((part) => is(part.startsWith("value") ? "value" : "gradient"))].join(", ");
  }

  function remember() {
    try {
      history.replaceState(null, "", `#${step}`);
    } catch {
      // a page inside a notebook has no address of its own
    }
  }

  // Scrolls inside the cards only: the page itself stays where the reader put it.
  function bringIntoView() {
    for (const scroller of scrollers) {
      const element = scroller.querySelector(".label:has(input)") || scroller.querySelector(".now:not(path)");
      if (!element) continue;
      const [box, own] = [element.getBoundingClientRect(), scroller.getBoundingClientRect()];
      const room = 28;
      if (box.left < own.left + room) scroller.scrollLeft += box.left - own.left - room;
      else if (box.right > own.right - room) scroller.scrollLeft += Math.min(box.left - own.left, box.right - own.right + room);
      if (box.top < own.top + room) scroller.scrollTop += box.top - own.top - room;
      else if (box.bottom > own.bottom) scroller.scrollTop += box.bottom - own.bottom + room;
    }
  }

  function play(on) {
    clearInterval(timer);
    timer = on ? setInterval(() => (step < last ? show(step + 1) : play(false)), 1200) : 0;
    get("play").textContent = on ? "Pause" : "Play";
    get("play").setAttribute("aria-pressed", on);
    if (on) show(step < last ? step + 1 : 0);
  }

  const go = (number) => {
    if (timer) play(false);
    show(number);
  };
  const moves = { start: () => go(0), back: () => go(step - 1), next: () => go(step + 1), end: () => go(last) };
  for (const [id, move] of Object.entries(moves)) get(id).addEventListener("click", move);
  get("play").addEventListener("click", () => play(!timer));
  get("slider").addEventListener("input", (event) => go(+event.target.value));

  const keys = { ArrowLeft: moves.back, ArrowRight: moves.next, Home: moves.start, End: moves.end, " ": () => play(!timer) };
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") hideTip();
    const writes = event.target.closest("input, textarea, dialog");
    const presses = event.key === " " && event.target.closest("button, summary");
    if (!keys[event.key] || writes || presses || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    keys[event.key]();
  });

  const asked = () => (/^#\d+$/.test(location.hash) ? +location.hash.slice(1) : last);
  addEventListener("hashchange", () => go(asked()));

  // -- tooltips --------------------------------------------------------------------------------------------

  let tip = null;
  function hideTip() {
    if (tip) tip.hidden = true;
    tip = null;
  }
  function showTip(node) {
    hideTip();
    tip = get(`tip${node.dataset.node}`);
    tip.hidden = false;
    const [box, own] = [node.getBoundingClientRect(), tip.getBoundingClientRect()];
    const below = box.bottom + own.height + 8 < innerHeight || box.top < own.height + 8;
    tip.style.left = `${scrollX + Math.max(8, Math.min(box.left, root.clientWidth - own.width - 8))}px`;
    tip.style.top = `${scrollY + (below ? box.bottom + 5 : box.top - own.height - 5)}px`;
  }
  for (const node of nodes) {
    const own = get(`tip${node.dataset.node}`);
    node.setAttribute("aria-describedby", own.id);
    node.addEventListener("mouseenter", () => showTip(node));
    node.addEventListener("focus", () => showTip(node));
    node.addEventListener("blur", hideTip);
    for (const element of [node, own])
      element.addEventListener("mouseleave", (event) => {
        const to = event.relatedTarget;
        if (!(to && (own.contains(to) || node.contains(to)))) hideTip();
      });
  }

  // -- quiz ------------------------------------------------------------------------------------------------

  const field = document.createElement("input");
  Object.assign(field, { id: "field", type: "text", inputMode: "decimal", autocomplete: "off" });
  const quiz = { on: false, asked: 0, tried: false, right: 0, done: 0 };
  const nextAsked = (from) => steps.findIndex((each, index) => index >= from && "answer" in each) + 1;

  function toggleQuiz() {
    quiz.on = !quiz.on;
    get("quiz").setAttribute("aria-pressed", quiz.on);
    get("asking").hidden = !quiz.on;
    root.classList.toggle("quizzing", quiz.on);
    if (timer) play(false);
    if (!quiz.on) {
      field.remove();
      return;
    }
    Object.assign(quiz, { asked: 0, right: 0, done: 0 });
    get("feedback").textContent = "";
    show((nextAsked(step) || nextAsked(0) || 1) - 1);
    field.focus({ preventScroll: true });
  }

  function ask() {
    const number = nextAsked(step);
    if (number !== quiz.asked) Object.assign(quiz, { asked: number, tried: false });
    get("count").textContent = quiz.done ? `${quiz.right} of ${quiz.done} right at once` : "";
    get("check").disabled = get("reveal").disabled = !number;
    if (!number) {
      get("question").textContent = "No message is left.";
      field.remove();
      return;
    }
    const { from, to } = steps[number - 1];
    get("question").textContent = `What does ${from} send to ${to}?`;
    field.setAttribute("aria-label", `Number that ${from} sends to ${to}`);
    const box = get(`m${number}`);
    if (field.parentNode !== box) {
      field.value = "";
      box.append(field);
    }
  }

  // "0,5" and "1/3" are numbers, too.
  function read(text) {
    const parts = text.trim().replace(/−/g, "-").replace(",", ".").split("/");
    const numbers = parts.map((part) => (part.trim() ? Number(part) : NaN));
    return numbers.length > 2 ? NaN : numbers.reduce((a, b) => a / b);
  }
  const near = (a, b) => Math.abs(a - b) <= 0.01 * Math.abs(b) + 1e-12;
  const written = (x) => String(+x.toPrecision(4)).replace("-", "−");

  function hint(given, { answer, upstream, factor }) {
    if (near(given, -answer)) return "the sign is the other way.";
    if (near(given, upstream)) return "that is the gradient that comes in. Multiply it by the local derivative.";
    if (near(given, factor)) return "that is the local derivative. Multiply it by the gradient that comes in.";
    if (near(given, upstream + factor)) return "that is the sum of the two. Along an edge they are multiplied.";
    if (!answer) return "the right number is 0.";
    return `that is ${written(given / answer)} times the right number.`;
  }

  function check() {
    const question = steps[quiz.asked - 1];
    const given = read(field.value);
    if (!question) return;
    if (Number.isNaN(given)) return say("Write a number, such as −0.5, 1e-3 or 1/3.");
    if (near(given, question.answer)) return finish(!quiz.tried, `✓ Right: ${written(question.answer)}.`);
    quiz.tried = true;
    say(`✗ Not yet: ${hint(given, question)}`);
    field.select();
  }
  function say(text) {
    get("feedback").textContent = text;
  }
  function finish(right, text) {
    quiz.done += 1;
    quiz.right += right;
    say(text);
    const following = nextAsked(quiz.asked);
    show(following ? following - 1 : last);
    field.focus({ preventScroll: true });
  }
  get("quiz").addEventListener("click", toggleQuiz);
  get("check").addEventListener("click", check);
  get("reveal").addEventListener("click", () => {
    const { answer, upstream, factor } = steps[quiz.asked - 1];
    finish(false, `It was ${written(upstream)} × ${written(factor)} = ${written(answer)}.`);
  });
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter") check();
  });

  // -- other forms, groups -----------------------------------------------------------------------------------

  for (const button of all("[data-opens]")) button.addEventListener("click", () => get(button.dataset.opens).showModal());
  for (const button of all(".copy"))
    button.addEventListener("click", async () => {
      const text = button.closest("dialog").querySelector("textarea");
      try {
        await navigator.clipboard.writeText(text.value);
        button.textContent = "Copied";
      } catch {
        text.focus();
        text.select();
        button.textContent = document.execCommand("copy") ? "Copied" : "Press Ctrl+C";
      }
    });

  const grouped = all("[data-in]");
  const choices = all("[data-group]");
  const drawn = graph.firstElementChild;
  let group = "all";

  // Shows one group alone, cut out of the whole picture.
  function enter(chosen) {
    group = chosen;
    graph.parentNode.classList.remove("folded");
    for (const choice of choices) choice.setAttribute("aria-pressed", choice.dataset.group === group);
    for (const element of grouped) element.classList.toggle("aside", group !== "all" && element.dataset.in !== group);
    const boxes = all(".sheet > div:not(.aside)");
    const left = Math.min(...boxes.map((box) => box.offsetLeft)) - 20;
    const top = Math.min(...boxes.map((box) => box.offsetTop)) - 20;
    const right = Math.max(...boxes.map((box) => box.offsetLeft + box.offsetWidth)) + 20;
    const bottom = Math.max(...boxes.map((box) => box.offsetTop + box.offsetHeight)) + 20;
    const cut = { "--x": -left, "--y": -top, "--group-width": right - left, "--group-height": bottom - top };
    for (const [name, size] of Object.entries(cut)) drawn.style.setProperty(name, `${size}px`);
    fit();
    bringIntoView();
  }

  function follow() {
    const now = graph.querySelector(".now:not(path)");
    const own = now && now.dataset.in;
    if (choices.length && group !== "all" && own && own !== group) enter(own);
  }
  for (const choice of choices) choice.addEventListener("click", () => enter(choice.dataset.group));

  // A graph that is a little too wide is drawn smaller; one that is much too wide is scrolled.
  function fit() {
    const { width } = getComputedStyle(drawn);
    const scale = (graph.clientWidth - 2) / parseFloat(width);
    drawn.style.setProperty("--screen-scale", scale < 0.6 ? 1 : Math.min(1, scale));
  }
  addEventListener("resize", fit);
  fit();

  show(asked(), false);
  if (document.querySelector("[data-folded]")) {
    for (const choice of choices) choice.setAttribute("aria-pressed", false);
    group = "";
    graph.parentNode.classList.add("folded");
  }
})();
