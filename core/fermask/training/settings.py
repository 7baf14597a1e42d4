"""What one training run is: network, split, seed, optimizer; the paper's values as defaults."""

from dataclasses import dataclass, field

from fermask.dataset.splits import FERM
from fermask.training.augmentation import Augmentation

SCHEDULES: tuple[str, ...] = ("constant", "cosine")


@dataclass(frozen=True)
class TrainingSettings:
    """One run. The defaults are the paper's.

    >>> import fermask
    >>> settings = fermask.TrainingSettings(epochs=30)
    >>> settings.model, settings.protocol, settings.batch_size
    ('m_xception', 'clean', 64)

    ``protocol`` (``paper`` or ``clean``) and ``seed`` name what of FERM is held back; ``seed`` is
    also that of the initial weights, the order and the moves, unless ``weights_seed`` is given.
    ``protocol`` is None where ``trained_on`` is something else than FERM's nine tenths, such as
    ``fer2013``.

    What goes beyond the paper: ``soft_targets`` (the voters' shares in place of the label),
    ``schedule`` (``constant``, or ``cosine``: from ``learning_rate``, after ``warmup_epochs`` of
    rising to it, down to 0 at the last step), ``weight_decay`` (AdamW's, Loshchilov and Hutter
    2019), ``largest_class`` (of a class with more faces so many are drawn for each epoch; 0: all),
    ``beside`` (how many faces of other photographs each epoch draws beside FERM's),
    ``averaging`` (the weights kept are moving averages over the batches, which keep this share at
    each; 0: those of the last), ``class_weights`` (a face counts the more the fewer its class has)
    and ``patience`` (training ends once the loss on the faces held back has not fallen for so many
    epochs, and the weights kept are those of its lowest; 0: the last epoch's).
    """

    model: str = "m_xception"
    protocol: str | None = "clean"
    seed: int = 0
    weights_seed: int | None = None
    epochs: int = 100
    batch_size: int = 64
    learning_rate: float = 0.001
    augmentation: Augmentation = field(default_factory=Augmentation)
    soft_targets: bool = False
    schedule: str = "constant"
    warmup_epochs: int = 0
    weight_decay: float = 0.0
    largest_class: int = 0
    beside: int = 0
    averaging: float = 0.0
    class_weights: bool = False
    patience: int = 0
    trained_on: str = FERM

    @property
    def chance(self) -> int:
        """The seed of the initial weights, the order and the moves."""
        return self.seed if self.weights_seed is None else self.weights_seed

    @property
    def name(self) -> str:
        """Such as ``m_xception-clean-0``: network, protocol or what it is trained on, seed."""
        return f"{self.model}-{self.protocol or self.trained_on}-{self.seed}"
