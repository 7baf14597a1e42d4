"""How many weights a 3×3 convolution has in each of its three forms (§1.2, Fig. 3).

C input and C′ output channels, k×k kernels; biases and batch normalisation are not counted.
"""


def standard(c: int, c_out: int, k: int = 3) -> int:
    """n₁ = k·k·C·C′ (formula 1): every kernel sees every input channel."""
    return k * k * c * c_out


def extreme_inception(c: int, c_out: int, k: int = 3) -> int:
    """n₂ = C·C′ + k·k·C′ (formula 2): 1×1 to C′ channels, then one k×k kernel for each."""
    return c * c_out + k * k * c_out


def saved_by_extreme_inception(c: int, c_out: int) -> int:
    """n₁ − n₂ = C′(8C − 9) (formula 3), for 3×3 kernels; above 0 for C > 1."""
    return c_out * (8 * c - 9)


def depthwise_separable(c: int, c_out: int, k: int = 3) -> int:
    """n₃ = k·k·C + C·C′ (formula 4): one k×k kernel for each channel, then 1×1.

    Less than n₂ where C′ > C, as much where C′ = C.
    """
    return k * k * c + c * c_out
