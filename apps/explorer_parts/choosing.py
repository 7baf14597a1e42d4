"""The sidebar's choice of a set and of predictions, which stands in the URL of every page.

Streamlit binds no widget that several pages share to a URL that one of them rewrites when it
opens a face.
"""

from dataclasses import replace
from pathlib import Path

import streamlit as st

from apps.explorer_parts.data import predictions_files
from apps.explorer_parts.sources import Source, read_source
from apps.explorer_parts.started import Options
from fermask.dataset.ferm import Ferm
from fermask.dataset.manifest import FoundSet, found_sets
from fermask.exploring.imported_predictions import MAX_BYTES, Unclear
from fermask.system.markdown import escaped
from fermask.system.paths import PUBLISHED

ROOT = Path(__file__).resolve().parent.parent.parent
_UPLOADED = "uploaded: "
# Of a visit to a hosted explorer.
MOST_FILES, MOST_MEGABYTES = 5, 20


def choose_set(given: Options) -> str:
    """The list of the sets there are, and a field for a folder; gives the folder, or ""."""
    if "ferm_path" not in st.session_state:
        st.session_state["ferm_path"] = st.query_params.get("set", given.ferm)
    typed = st.session_state["ferm_path"].strip()
    places = given.ferm if given.hosted else typed or given.ferm
    sets = {_folder_text(each.folder): each for each in _sets(places)}
    if given.hosted and typed not in sets:
        # A link may name one of the list, and no other place on this machine.
        typed = st.session_state["ferm_path"] = given.ferm
    here = _folder_text(Path(typed)) if typed else _folder_text(PUBLISHED)
    if len(sets) > 1:
        options = list(dict.fromkeys([*sets, here]))
        st.session_state["set_listed"] = here
        st.selectbox(
            "FERM set",
            options,
            key="set_listed",
            on_change=_take_listed,
            format_func=lambda folder: _set_words(folder, sets.get(folder)),
            help="The sets in data/, in runs/ and beside the folder below.",
        )
    if not given.hosted:
        st.text_input(
            "Folder of the set",
            key="ferm_path",
            persist_state="session",
            placeholder="the published FERM",
            help="A folder made by `python -m scripts.build_ferm`.",
        )
    chosen = st.session_state["ferm_path"].strip()
    _keep_in_url("set", chosen, given.ferm)
    return chosen


def choose_predictions(ferm: Ferm, given: Options) -> tuple[dict[str, Source], list[str]]:
    """The list of predictions, and the ways to bring one's own.

    Returns:
        The files by name, of which ``st.session_state["predictions"]`` is the name chosen; and
        what is wrong with one's own, as sentences.
    """
    asked = st.query_params.get("predictions", "")
    published = predictions_files(ferm)
    if "predictions_path" not in st.session_state:
        known = given.hosted or not asked or asked in published or asked in given.predictions
        st.session_state["predictions_path"] = "" if known or asked.startswith(_UPLOADED) else asked
    place = st.container()
    own, problems = _own(ferm, given)
    if asked.startswith(_UPLOADED) and "predictions" not in st.session_state and asked not in own:
        problems.append(
            f"This link asks for {asked.removeprefix(_UPLOADED)}, which was uploaded for one visit "
            "and is gone. Upload it again, or give its path instead: a link finds that again."
        )
    first = {name: own[name] for name in given.predictions if name in own}
    sources = first | published | own
    if sources:
        with place:
            _list_predictions(list(sources), asked)
    return sources, problems


def predictions_words(name: str) -> str:
    """What a file is called in a list: a path by its last part, whoever brought it."""
    if name.startswith(_UPLOADED):
        return f"{name.removeprefix(_UPLOADED)} (uploaded)"
    return Path(name).name or name


def _own(ferm: Ferm, given: Options) -> tuple[dict[str, Source], list[str]]:
    """What people brought and can be read, by name, and what is wrong with the rest."""
    with st.expander("Predictions of your own"):
        if not given.hosted:
            st.text_input(
                "Path of a predictions file",
                key="predictions_path",
                persist_state="session",
                on_change=_take_path,
                placeholder="such as my_model.csv",
                help="A link to this page opens the file again.",
            )
        files = st.file_uploader(
            "Upload it" if given.hosted else "Or upload it",
            type=["csv", "tsv", "txt", "parquet"],
            accept_multiple_files=True,
            key="predictions_uploaded",
            on_change=_take_upload,
            max_upload_size=MOST_MEGABYTES if given.hosted else MAX_BYTES // 1_000_000,
            help="For this visit only: nothing is stored.",
        )
        st.caption(
            "CSV or Parquet, a line a face: `id` (FER2013's row, from 0), the probabilities "
            f"{', '.join(f'`{name}`' for name in ferm.classes)}; and perhaps `split` (training, "
            "validation or empty) and `fold` (the set's own, held back for this answer)."
        )
    paths = dict.fromkeys([*given.predictions, st.session_state["predictions_path"].strip()])
    candidates = {path: Source(_expanded(path)) for path in paths if path}
    problems = []
    if given.hosted and len(files) > MOST_FILES:
        problems = [f"At most {MOST_FILES} files of a visit are read; take some away."]
        files = files[:MOST_FILES]
    for file in files:
        name = _UPLOADED + file.name
        candidates[name] = Source(Path(file.name), file.getvalue(), file.file_id)
    own = {}
    for name, source in candidates.items():
        found = read_source(ferm, source)
        if isinstance(found, Unclear):
            source = _answered(source, name, found)
            found = read_source(ferm, source)
        if isinstance(found, Unclear):
            words = f"{predictions_words(name)} is not read yet: what do its numbers count?"
            problems.append(f"{words} The sidebar asks.")
        elif isinstance(found, str):
            problems.append(found)
        else:
            own[name] = source
    return own, problems


def _answered(source: Source, name: str, question: Unclear) -> Source:
    """A file with the answer to what its numbers are, once somebody has said."""
    st.warning(escaped(question.words))
    kind = st.radio(
        f"The numbers of {escaped(predictions_words(name))} are",
        question.kinds,
        index=None,
        key=f"ids_{name}",
        persist_state="session",
        on_change=_take,
        args=(name,),
    )
    return replace(source, ids=kind or "")


def _list_predictions(names: list[str], asked: str) -> None:
    if st.session_state.get("predictions") not in names:
        st.session_state["predictions"] = asked if asked in names else names[0]
    chosen = st.selectbox(
        "Predictions",
        names,
        key="predictions",
        persist_state="session",
        format_func=predictions_words,
        help="A network's stored answers for the faces of the set: published ones from data/, "
        "and your own.",
    )
    _keep_in_url("predictions", chosen, names[0])


def _expanded(path: str) -> Path:
    # A sentence about what is wrong with it comes when it is opened.
    try:
        return Path(path).expanduser()
    except RuntimeError:
        return Path(path)


@st.cache_data(ttl=20, max_entries=16, show_spinner=False)
def _sets(folder: str) -> list[FoundSet]:
    places = [PUBLISHED.parent, ROOT / "runs"]
    if folder:
        places += [_expanded(folder), _expanded(folder).parent]
    return found_sets(places)


def _folder_text(folder: Path) -> str:
    """A folder as short as it can be: from the project's root where it is in it."""
    try:
        whole = folder.expanduser().resolve()
    except (OSError, RuntimeError, ValueError):
        return str(folder)
    return str(whole.relative_to(ROOT)) if whole.is_relative_to(ROOT) else str(whole)


def _set_words(folder: str, found: FoundSet | None) -> str:
    if found is None:
        return folder
    if not found.name:
        return f"{folder} (damaged)"
    return f"{found.name}, {found.n:,} faces, {folder}"


def _take_listed() -> None:
    """The set chosen from the list goes into the field."""
    st.session_state["ferm_path"] = st.session_state["set_listed"]


def _take(name: str) -> None:
    """A file of which it was just said what it holds is the one to look at."""
    st.session_state["predictions"] = name


def _take_path() -> None:
    """A path just typed is the one to look at."""
    if path := st.session_state["predictions_path"].strip():
        st.session_state["predictions"] = path


def _take_upload() -> None:
    """A file just uploaded is the one to look at."""
    if files := st.session_state["predictions_uploaded"]:
        st.session_state["predictions"] = _UPLOADED + files[-1].name


def _keep_in_url(name: str, value: str, default: str) -> None:
    """A choice stands in the URL unless it is the one that the page opens with."""
    if value == default:
        if name in st.query_params:
            del st.query_params[name]
    elif st.query_params.get(name) != value:
        st.query_params[name] = value
