"""How the demo looks: Gradio's theme and the style sheet of our own pieces."""

import gradio as gr

THEME = gr.themes.Base(
    primary_hue=gr.themes.Color(
        c50="#eef8fa",
        c100="#d3edf1",
        c200="#a9dbe3",
        c300="#7ac8d4",
        c400="#4db6c6",
        c500="#1c91a5",
        c600="#0b7285",
        c700="#095d6d",
        c800="#084a57",
        c900="#063842",
        c950="#04252c",
    ),
    neutral_hue="zinc",
    radius_size="sm",
    font=["system-ui", "-apple-system", "Segoe UI", "Roboto", "sans-serif"],
    font_mono=["ui-monospace", "Consolas", "monospace"],
).set(
    body_background_fill="#fcfcfb",
    body_background_fill_dark="#15181c",
    block_background_fill="#ffffff",
    block_background_fill_dark="#1b1f24",
    body_text_color_subdued="#5c636d",
    body_text_color_subdued_dark="#a3abb5",
    block_border_color="#d9dcdf",
    block_border_color_dark="#363c44",
    button_primary_background_fill="*primary_600",
    button_primary_background_fill_hover="*primary_700",
    button_primary_background_fill_dark="*primary_600",
    button_primary_text_color="white",
)

CSS = """
.gradio-container { width: 100%; max-width: 1080px !important; margin: 0 auto !important; }
footer .divider { display: none; }
button.selected[role=tab] { color: var(--primary-600); }
.dark button.selected[role=tab] { color: var(--primary-300); }
/* Gradio's holds an input inside a button, without a name; the cross beside it does as well. */
#album-files button[aria-label="common.upload"] { display: none; }
/* Sizes, which it gives in KB of 1,024 bytes; the limit is in MB. */
#album-files .download { display: none; }
.narrow { align-self: flex-start; width: auto; flex: none !important; font-weight: 400; }
#verdict:not(:has(.ferm)) { display: none; }
.ferm h1 { font-size: 1.75rem; line-height: 1.2; margin: .4rem 0 .5rem; font-weight: 650; }
.ferm p { margin: 0 0 .35rem; max-width: 46rem; line-height: 1.5; }
.ferm a { color: var(--primary-600); text-decoration: underline; }
.dark .ferm a { color: var(--primary-300); }
.ferm .links { display: flex; flex-wrap: wrap; gap: .2rem 1.2rem; margin: .2rem 0; }
.ferm .links a { padding: 0; }
.ferm .quiet { color: var(--body-text-color-subdued); font-size: .9rem; }
.ferm .said { padding: .55rem .8rem; border-left: 3px solid var(--primary-600);
  background: var(--background-fill-secondary); }
.ferm .trouble { border-left-color: #c4513a; }
.bars { display: grid; grid-template-columns: max-content 1fr 3.2rem; gap: .5rem .7rem;
  margin: .2rem 0 .6rem;
  align-items: center; }
.bars .track { height: .8rem; border-radius: 3px; overflow: hidden;
  background: var(--border-color-primary); }
.bars .fill { height: 100%; }
.bars .share { text-align: right; font-variant-numeric: tabular-nums; }
.bars .top { font-weight: 650; }
.ferm .verdict { font-size: 1.15rem; margin-bottom: .8rem; }
.ferm .badge { display: inline-block; padding: .1rem .55rem; border-radius: 999px;
  border: 1px solid var(--border-color-primary); font-size: .85rem; margin-left: .4rem; }
/* A wide table scrolls by itself; Gradio's blocks would grow with it. */
.scrolls { min-width: 0 !important; max-width: calc(100vw - 6rem); overflow-x: auto !important; }
.ferm .long { min-width: 13rem; }
.ferm table { border-collapse: collapse; width: 100%; font-size: .92rem; margin: .4rem 0; }
.ferm table, .ferm thead, .ferm tbody, .ferm tr { border: 0 !important; }
.ferm tr > th, .ferm tr > td { text-align: left; padding: .35rem .9rem .35rem 0 !important;
  vertical-align: top; border: 0 !important;
  border-bottom: 1px solid var(--border-color-primary) !important; }
.ferm th { font-weight: 600; }
.ferm tr > .number { text-align: right; }
.ferm .number { font-variant-numeric: tabular-nums; }
.ferm td.file { overflow-wrap: anywhere; min-width: 9rem; }
.ferm td.file button { display: flex; gap: .6rem; align-items: center; text-align: left;
  padding: 0; font: inherit;
  background: none; cursor: pointer; color: inherit; text-decoration: underline; }
.ferm td.file img { width: 3rem; height: 3rem; object-fit: cover; border-radius: 3px; }
.film div { display: flex; height: 6rem; background: var(--border-color-primary); }
.film i { flex: 1; }
.ferm progress { width: 100%; height: .7rem; accent-color: var(--primary-600); }
.ferm a.button { display: inline-block; padding: .45rem .9rem; border-radius: 4px; color: white;
  background: var(--primary-600); text-decoration: none; margin: .3rem 0 .6rem; }
/* The photograph as large as its column and window allow; its faces are buttons over it. */
.photo { position: relative; width: min(100%, 60vh * var(--shape)); margin: 0 auto;
  font-weight: 400; overflow: hidden; border-radius: 4px; user-select: none; }
@media (max-width: 640px) { .ferm h1 { font-size: 1.3rem; }
  .photo { width: min(100%, 29vh * var(--shape)); } .ferm p.said { margin-bottom: -.6rem; }
  #photograph { height: 240px !important; } #verdict { margin-top: -1rem; }
  .ferm td.file.file { min-width: 5rem; } .ferm td.file.file button { display: block; } }
.photo img, .photo video { display: block; width: 100%; }
.photo video { min-height: 12rem; background: #8883; }
.live { display: grid; grid-template-columns: repeat(auto-fit, minmax(18rem, 1fr)); gap: 1.2rem; }
.photo.marking { touch-action: none; cursor: crosshair; }
.photo button, .photo .face { position: absolute; padding: 0; border-radius: 3px;
  border: 2px solid white; outline: 1px solid #5a626e; background: none; cursor: pointer; }
.photo .face[aria-pressed=true] { outline: 3px solid var(--primary-600); }
.photo button:focus-visible { outline: 4px solid #f2a900; }
input[type=radio]:focus-visible { outline: 3px solid #f2a900 !important; }
.photo .square { border-style: dashed; background: #ffffff40; }
/* Above the face, or in it at the picture's top edge. What the face's width has no room for wraps
   to a line that is not shown. */
.face span { position: absolute; left: -2px; bottom: 100%; min-width: 1.4rem; overflow: hidden;
  max-width: calc(100% + 4px); height: 1.35em; display: flex; flex-wrap: wrap; padding: 0 .3rem;
  font-size: .8rem; line-height: 1.35; color: white; background: #5a626e; }
.face.high span { bottom: auto; top: 0; }
.face[aria-pressed=true] span { background: var(--primary-600); }
.face i { font-style: normal; white-space: pre; color: white; }
.examples { display: grid; gap: .5rem;
  grid-template-columns: repeat(auto-fill, minmax(5.5rem, 1fr)); }
.examples button { margin: 0; padding: 0; border-radius: 4px; overflow: hidden; cursor: pointer;
  border: 1px solid var(--border-color-primary); color: var(--body-text-color); font-weight: 400;
  font-size: .85rem; background: var(--background-fill-primary); }
.examples img { display: block; width: 100%; aspect-ratio: 1; object-fit: cover; }
.tools { margin: .5rem 0; display: flex; gap: .5rem; align-items: center; }
.tools button { margin: 0; font: inherit; padding: .3rem .8rem; border-radius: 4px; cursor: pointer;
  border: 1px solid var(--border-color-primary); background: var(--background-fill-primary);
  color: var(--body-text-color); }
.tools button[aria-pressed=true] { border-color: var(--primary-600); }
/* Each kind of mask under its picture. */
#style label { width: 7rem; justify-content: center; text-align: center; font-size: .85rem;
  padding: 7.1rem .2rem .3rem; background: no-repeat center .2rem / 6.6rem; }
@media (max-width: 640px) { #style label { width: 5.2rem; padding-top: 5.3rem;
  background-size: 4.8rem; } }
#seen figure, #trial figure { display: inline-block; width: min(300px, 100%); margin: 0 1rem 1rem 0;
  vertical-align: top; }
figure img { display: block; width: 100%; }
figcaption { color: var(--body-text-color-subdued); font-size: .9rem; margin: .3rem 0; }
"""
