// A route as bpmn-js draws it, with what the page says about its steps: how many cases stand there (the older the
// oldest, the warmer), or which way one case took. Without this the words under it say the same.
"use strict";

const GATEWAY = "_outcome"; // what follows a step of several outcomes, see workflow/interchange/bpmn.py

for (const figure of document.querySelectorAll(".drawing")) show(figure);

async function show(figure) {
  figure.hidden = false;
  const sheet = figure.querySelector(".drawing__sheet");
  const viewer = new BpmnJS({ container: sheet });
  await viewer.importXML(figure.querySelector("script").textContent);
  const registry = viewer.get("elementRegistry");
  const canvas = viewer.get("canvas");
  for (const mark of JSON.parse(figure.dataset.marks)) stand(viewer, mark);
  const way = JSON.parse(figure.dataset.way);
  for (const step of way) canvas.addMarker(step, "passed");
  for (let at = 1; at < way.length; at += 1) {
    for (const flow of between(registry.get(way[at - 1]), way[at])) canvas.addMarker(flow.id, "passed");
  }
  const here = way.length ? registry.get(way[way.length - 1]) : null;
  if (here) canvas.addMarker(here.id, "here");
  size(figure, canvas);
  if (here) bring(figure, canvas, here);
}

// The number at a step, which leads to its cases where a list has them.
function stand(viewer, mark) {
  if (!viewer.get("elementRegistry").get(mark.step)) return;
  const canvas = viewer.get("canvas");
  canvas.addMarker(mark.step, `heat-${mark.heat}`);
  if (mark.late) canvas.addMarker(mark.step, "late");
  const link = document.createElement(mark.url ? "a" : "span");
  link.className = "drawing__count";
  if (mark.url) link.href = mark.url;
  link.textContent = mark.count;
  link.title = mark.says;
  link.setAttribute("aria-label", mark.says);
  viewer.get("overlays").add(mark.step, { position: { top: -14, right: 22 }, html: link });
}

// The lines that lead from a step to the next: directly, through the gateway of its outcomes, or by its clock.
function between(from, to) {
  if (!from) return [];
  const direct = from.outgoing.find((flow) => flow.target.id === to);
  if (direct) return [direct];
  for (const flow of from.outgoing.filter((one) => one.target.id === from.id + GATEWAY)) {
    const onward = flow.target.outgoing.find((one) => one.target.id === to);
    if (onward) return [flow, onward];
  }
  return from.attachers.flatMap((clock) => clock.outgoing.filter((flow) => flow.target.id === to));
}

// The sheet is as large as the drawing, so that it is moved as any page is: by wheel, finger or arrow keys.
function size(figure, canvas) {
  const whole = canvas.viewbox().inner;
  const sheet = figure.querySelector(".drawing__sheet");
  const fit = () => Math.min(1, figure.querySelector(".drawing__window").clientWidth / (whole.width + 20));
  let scale = Math.max(fit(), 0.75);
  const apply = () => {
    sheet.style.width = `${(whole.width + 20) * scale}px`;
    sheet.style.height = `${(whole.height + 20) * scale}px`;
    canvas.resized();
    canvas.viewbox({ x: whole.x - 10, y: whole.y - 10, width: whole.width + 20, height: whole.height + 20 });
  };
  for (const button of figure.querySelectorAll("[data-zoom]")) {
    button.addEventListener("click", () => {
      const by = button.dataset.zoom;
      scale = by === "fit" ? fit() : Math.min(2, Math.max(0.2, scale * Number(by)));
      apply();
    });
  }
  apply();
}

// Where the case stands is in view at first.
function bring(figure, canvas, step) {
  const view = figure.querySelector(".drawing__window");
  const scale = canvas.zoom();
  view.scrollLeft = (step.x + step.width) * scale - view.clientWidth * 0.75;
  view.scrollTop = step.y * scale - view.clientHeight / 2;
}
