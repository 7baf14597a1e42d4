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
.gradio-container { max-width: 1080px !important; margin: 0 auto !important; }
footer .divider { display: none; }
#examples .grid-container { grid-template-columns: repeat(3, minmax(0, 1fr)) !important; }
.ferm h1 { font-size: 1.75rem; line-height: 1.2; margin: .4rem 0 .5rem; font-weight: 650; }
.ferm h2 { font-size: 1.1rem; margin: .9rem 0 .15rem; font-weight: 600; }
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
.ferm .doubt { margin-top: .8rem; }
.ferm .badge { display: inline-block; padding: .1rem .55rem; border-radius: 999px;
  border: 1px solid var(--border-color-primary); font-size: .85rem; margin-left: .4rem; }
/* A wide table scrolls by itself; Gradio's blocks would grow with it. */
.scrolls { min-width: 0 !important; max-width: calc(100vw - 4rem); overflow-x: auto !important; }
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
.ferm progress { width: 100%; height: .7rem; accent-color: var(--primary-600); }
.ferm a.button { display: inline-block; padding: .45rem .9rem; border-radius: 4px; color: white;
  background: var(--primary-600); text-decoration: none; margin: .3rem 0 .6rem; }
.ferm img.frame { width: 100%; max-width: 640px; border-radius: 4px; display: block;
  margin-bottom: .8rem; }
.pixels img { image-rendering: pixelated; }
"""
