"""A name says which op is meant."""

import pytest

from chainrule import ops
from chainrule.checking.forms import guess_like

CROSS_ENTROPIES = ["softmax_cross_entropy", "categorical_cross_entropy"]
BINARY = ["binary_cross_entropy", "binary_cross_entropy_with_logits"]


@pytest.mark.parametrize(
    ("names", "meant"),
    [
        (
            "Affine Linear Dense FullyConnected affine_forward MyAffine Affine2 AffineLayer my_linear_layer3 fc",
            ["affine"],
        ),
        ("ReLU Relu relu ReluLayer my_relu_2 MyReLUFunction", ["relu"]),
        ("Sigmoid sigmoid_backward MySigmoid", ["sigmoid"]),
        ("LeakyRelu LeakyReLU leaky_relu", ["leaky_relu"]),
        ("MSE L2 L2Loss SquaredError MeanSquaredError SquaredLoss MSELoss squared_error", ["squared_error"]),
        ("L1 MAE L1Loss AbsoluteError", ["absolute_error"]),
        ("BCE BinaryCrossEntropy BCELoss my_bce binary_cross_entropy", BINARY),
        ("BCEWithLogitsLoss binary_cross_entropy_with_logits", BINARY[1:]),
        (
            "CrossEntropy CategoricalCrossEntropy CrossEntropyFromLogits SoftmaxCrossEntropy SoftmaxLoss",
            CROSS_ENTROPIES,
        ),
        ("Softmax softmax_forward", ["softmax"]),
        ("LogSoftmax log_softmax", ["log_softmax"]),
        ("MatMul matmul", ["matmul"]),
        ("Add", ["add"]),
        ("Multiply Mul MulNode", ["multiply"]),
        ("Dropout dropout_forward InvertedDropout", []),
        ("Attention LayerNorm BatchNorm Classifier X op My Layer Loss forward mean_loss Conv2d 2", []),
    ],
)
def test_a_name_says_what_is_meant(names, meant):
    assert dict.fromkeys(names.split(), meant) == {name: guess_like(name) for name in names.split()}


def test_every_op_is_guessed_by_its_own_name():
    guessed = {name: guess_like(name) for name in ops.__all__ if name != "dropout"}

    assert [] == [name for name, found in guessed.items() if name not in found]
