"""What the explorer's pages share: loaded data, and the widgets that Streamlit lacks."""
