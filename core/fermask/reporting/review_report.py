"""What a review changed in a set, as a sentence."""

from typing import Any


def describe_review(review: dict[str, Any]) -> str:
    """``about["review"]`` of a reviewed set as a sentence."""
    left_out = ", ".join(f"{n:,} {verdict}" for verdict, n in review["left_out"].items() if n)
    total = sum(review["left_out"].values())
    moved = sum(each["n"] for each in review["relabelled"])
    return (
        f"A review of {review['of']} with {review['marks']:,} marks: {total:,} "
        + ("face" if total == 1 else "faces")
        + " left out"
        + (f" ({left_out})" if left_out else "")
        + f", {moved:,} relabelled, {review['kept']:,} kept."
    )
