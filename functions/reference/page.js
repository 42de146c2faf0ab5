// Shows docs/openapi.json with Redoc, in the colours that the reader's system prefers.
"use strict";

const FONT = "system-ui, sans-serif";
const CODE_FONT = "ui-monospace, SFMono-Regular, Menlo, Consolas, monospace";
const TYPOGRAPHY = {
  fontSize: "15px",
  lineHeight: "1.55em",
  fontFamily: FONT,
  headings: { fontFamily: FONT, fontWeight: "600", lineHeight: "1.3em" },
  code: { fontFamily: CODE_FONT, fontSize: "13px" },
};
const SIDEBAR = { width: "270px" };
const PANEL = { width: "42%" };
const LIGHT = {
  colors: { primary: { main: "#1a58c4" }, text: { primary: "#16202e", secondary: "#5b6675" } },
  typography: { ...TYPOGRAPHY, code: { ...TYPOGRAPHY.code, color: "#8a1c4a", backgroundColor: "#f0f2f6" } },
  sidebar: { ...SIDEBAR, backgroundColor: "#f5f7fa", textColor: "#16202e" },
  rightPanel: { ...PANEL, backgroundColor: "#1b2433" },
  codeBlock: { backgroundColor: "#121926" },
};
const DARK = {
  colors: {
    primary: { main: "#8ab4ff" },
    success: { main: "#63d297" },
    error: { main: "#ff9d95" },
    warning: { main: "#f3d48a" },
    text: { primary: "#e8edf5", secondary: "#9aa7b8" },
    border: { dark: "#303a49", light: "#303a49" },
    responses: { info: { color: "#8ab4ff" } },
  },
  schema: { nestedBackground: "#161d28", linesColor: "#4a5a70", typeNameColor: "#9aa7b8" },
  typography: { ...TYPOGRAPHY, code: { ...TYPOGRAPHY.code, color: "#ffb3c8", backgroundColor: "#232c3a" } },
  sidebar: { ...SIDEBAR, backgroundColor: "#141b25", textColor: "#e8edf5" },
  rightPanel: {
    ...PANEL,
    backgroundColor: "#10151d",
    textColor: "#e8edf5",
    servers: { overlay: { backgroundColor: "#19212d", textColor: "#e8edf5" }, url: { backgroundColor: "#10151d" } },
  },
  codeBlock: { backgroundColor: "#1b2433" },
  fab: { backgroundColor: "#2b3749", color: "#8ab4ff" },
};

const OPTIONS = {
  scrollYOffset: "header",
  hideDownloadButtons: true,
  nativeScrollbars: true,
  requiredPropsFirst: true,
  jsonSamplesExpandLevel: 3,
};
const SELF = document.currentScript.src;
const PLACE = document.getElementById("reference");

const dark = matchMedia("(prefers-color-scheme: dark)");
dark.addEventListener("change", () => location.reload());

async function load(file) {
  const answer = await fetch(new URL(file, SELF));
  if (!answer.ok) throw new Error(`${file}: ${answer.status}`);
  return answer;
}

// The guide comes first, then the operations, then the webhooks, whose tag only this page has.
async function show() {
  const [spec, guide] = await Promise.all([
    load("openapi.json").then((answer) => answer.json()),
    load("guide.md").then((answer) => answer.text()),
  ]);
  spec.info.description = guide;
  for (const tag of spec.tags) tag["x-displayName"] = tag.name[0].toUpperCase() + tag.name.slice(1);
  spec["x-tagGroups"] = [
    { name: "Operations", tags: spec.tags.map((tag) => tag.name) },
    { name: "Posted to your software", tags: ["events"] },
  ];
  spec.tags.push({ name: "events", "x-displayName": "Events", description: "Webhooks, by the type of their event." });
  for (const { post } of Object.values(spec.webhooks)) post.tags = ["events"];
  Redoc.init(spec, { theme: dark.matches ? DARK : LIGHT, ...OPTIONS }, PLACE);
}

show().catch(() => { PLACE.textContent = "The reference could not be loaded. Please reload the page."; });
