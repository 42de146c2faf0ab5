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
const LIGHT = {
  colors: { primary: { main: "#1d63dc" }, text: { primary: "#16202e", secondary: "#5b6675" } },
  typography: { ...TYPOGRAPHY, code: { ...TYPOGRAPHY.code, color: "#8a1c4a", backgroundColor: "#f0f2f6" } },
  sidebar: { width: "270px", backgroundColor: "#f5f7fa", textColor: "#16202e" },
  rightPanel: { backgroundColor: "#1b2433" },
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
  sidebar: { width: "270px", backgroundColor: "#141b25", textColor: "#e8edf5" },
  rightPanel: { backgroundColor: "#0b0f15", servers: { overlay: { backgroundColor: "#19212d", textColor: "#e8edf5" }, url: { backgroundColor: "#10151d" } } },
};

const dark = matchMedia("(prefers-color-scheme: dark)");
dark.addEventListener("change", () => location.reload());

Redoc.init(
  new URL("openapi.json", document.currentScript.src).href,
  {
    theme: dark.matches ? DARK : LIGHT,
    scrollYOffset: "header",
    hideDownloadButtons: true,
    nativeScrollbars: true,
    requiredPropsFirst: true,
    jsonSamplesExpandLevel: 3,
  },
  document.getElementById("reference"),
);
