// Values of charts under pointer, finger and arrow keys. Pages are complete without it.
"use strict";
for (const box of document.querySelectorAll(".draw")) {
  const tip = document.createElement("output");
  tip.className = "tip";
  tip.hidden = true;
  box.append(tip);
  let at = -1;

  const hits = () => [...box.querySelectorAll("svg")].filter(s => s.getBoundingClientRect().width)
    .flatMap(s => [...s.querySelectorAll("[data-tip]")]);

  const show = hit => {
    for (const old of box.querySelectorAll(".hit.on")) old.classList.remove("on");
    tip.hidden = !hit;
    if (!hit) return;
    hit.classList.add("on");
    tip.textContent = hit.dataset.tip;
    const frame = box.getBoundingClientRect(), mark = hit.getBoundingClientRect();
    const left = mark.left + mark.width / 2 - frame.left - tip.offsetWidth / 2;
    tip.style.left = Math.max(0, Math.min(left, frame.width - tip.offsetWidth)) + "px";
    tip.style.top = Math.max(mark.top - frame.top - tip.offsetHeight - 4, 4 - tip.offsetHeight) + "px";
  };

  box.tabIndex = 0;
  box.addEventListener("pointermove", e => show(e.target.closest("[data-tip]")));
  box.addEventListener("pointerdown", e => show(e.target.closest("[data-tip]")));
  box.addEventListener("pointerleave", () => show(null));
  box.addEventListener("blur", () => show(null));
  box.addEventListener("keydown", e => {
    const all = hits();
    const to = { ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at - 1, ArrowUp: at - 1,
      Home: 0, End: all.length - 1, Escape: -1 }[e.key];
    if (to === undefined || !all.length) return;
    e.preventDefault();
    at = e.key === "Escape" ? -1 : Math.max(0, Math.min(to, all.length - 1));
    show(all[at] ?? null);
  });
}
