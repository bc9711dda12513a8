"""Codes that are particular to an op, and those of one operation that is another than in the right formula."""

from __future__ import annotations

from chainrule.checking.codes.code import Code

__all__ = ["PARTICULAR"]

_ACTIVATIONS = (
    Code(
        "MASK_FROM_UPSTREAM",
        "{part} takes its mask from d_out; it must come from the forward input.{besides}",
        "Keep x, or x > 0, in forward, and use that in backward.",
        "dx = dout * (dout > 0)",
        "dx = dout * (x > 0)",
    ),
    Code(
        "INVERTED_MASK",
        "{part} has its mask the wrong way round: gradient flows where the unit was off.{besides}",
        "Turn the comparison round.",
        "dx = dout * (x < 0)",
        "dx = dout * (x > 0)",
    ),
    Code(
        "NO_MASK",
        "{part} is d_out without the mask: gradient flows where the unit was off.{besides}",
        "Multiply by the mask from forward.",
        "dx = dout",
        "dx = dout * (x > 0)",
    ),
    Code(
        "MASK_RETURNED",
        "{part} is the mask relu'(x) itself, not multiplied by d_out.{besides}",
        "Chain rule: multiply the mask by d_out.",
        "dx = x >= 0",
        "dx = dout * (x > 0)",
    ),
    Code(
        "OUTPUT_FOR_MASK",
        "{part} uses the output max(x, 0) where the mask x > 0 belongs.{besides}",
        "The slope is 1 where x > 0, whatever the size of x.",
        "dx = dout * np.maximum(x, 0)",
        "dx = dout * (x > 0)",
    ),
    Code(
        "INPUT_FOR_MASK",
        "{part} uses x itself where the mask x > 0 belongs.{besides}",
        "The slope is 1 where x > 0, and 0 elsewhere.",
        "dx = dout * x",
        "dx = dout * (x > 0)",
    ),
    Code(
        "RELU_OF_UPSTREAM",
        "{part} applies forward to d_out, too; backward needs the mask of x.{besides}",
        "The slope is 1 where x > 0, and 0 elsewhere.",
        "dx = np.maximum(dout, 0) * np.maximum(x, 0)",
        "dx = dout * (x > 0)",
    ),
    Code(
        "INPUT_FOR_OUTPUT",
        "{part} uses the slope {formula} with x the input; the slope is {right}.{besides}",
        "Keep the output in forward, and use that in backward.",
        "dx = dout * x * (1 - x)",
        "dx = dout * y * (1 - y)",
    ),
    Code(
        "OUTPUT_TWICE",
        "{part} applies {name} to what was the output already.{besides}",
        "Use the kept output as it is.",
        "dx = dout * sigmoid(y) * (1 - sigmoid(y))",
        "dx = dout * y * (1 - y)",
    ),
    Code(
        "FORWARD_OF_UPSTREAM",
        "{part} is forward, applied to d_out; backward multiplies d_out by the slope, {right}.{besides}",
        "Chain rule: the slope is taken at the input of forward, and d_out is a factor.",
        "dx = sigmoid(dout)",
        "dx = dout * y * (1 - y)",
    ),
    Code(
        "WRONG_SIGN_IN_EXP",
        "{part} has the wrong sign in exp: its slope is {formula}; right is {right}.{besides}",
        "The exponent is -x, and the slope rises from 0 to 1.",
        "dx = dout / (1 + np.exp(x))",
        "dx = dout / (1 + np.exp(-x))",
    ),
    Code(
        "SIGMOID_TWICE",
        "{part} is what comes out after one more sigmoid: this loss takes logits, and applies the sigmoid itself."
        "{besides}",
        "Hand over the logits as they are.",
        "loss = np.logaddexp(0, sigmoid(z)) - y * sigmoid(z)",
        "loss = np.logaddexp(0, z) - y * z",
    ),
    Code(
        "SIGMOID_FALLS",
        "{part} falls where it should rise: the sign in exp is wrong.{besides}",
        "The exponent is -x.",
        "1 / (1 + np.exp(x))",
        "1 / (1 + np.exp(-x))",
    ),
    Code(
        "LEAK_MISSING",
        "{part} is 0 where x is negative: the leak is missing.{besides}",
        "There the slope is the small one, not 0.",
        "return dout * (x > 0)",
        "return dout * np.where(x > 0, 1, slope)",
    ),
    Code(
        "OTHER_LEAK",
        "{part} uses the slope {leak} where x is negative; here it is 0.01.{besides}",
        "Write slope=0.01.",
        "np.where(x > 0, x, 0.1 * x)",
        "np.where(x > 0, x, 0.01 * x)",
    ),
    Code(
        "WRONG_DERIVATIVE",
        "{part} uses another derivative: yours is {formula}; right is {right}.{besides}",
        "Derive it once more on paper, and put a number in: how much does the result change when x grows by 0.001?",
        "dx = dout * (1 - y)",
        "dx = dout * (1 - y ** 2)",
    ),
    Code(
        "OTHER_FUNCTION",
        "{part} is {other}.{besides}",
        "What is asked is {formula}.",
        "return np.tanh(x)",
        "return 1 / (1 + np.exp(-x))",
    ),
)

_LINEAR = (
    Code(
        "BIAS_MISSING",
        "{part}: the bias is missing.{besides}",
        "Add b after the product.",
        "return x @ w",
        "return x @ w + b",
    ),
    Code(
        "BIAS_SUBTRACTED",
        "{part}: the bias is subtracted; it should be added.{besides}",
        "Write + b.",
        "return x @ w - b",
        "return x @ w + b",
    ),
    Code(
        "OTHER_ARRAY",
        "{part} uses {uses}; it should be {wants}.{besides}",
        "Follow one entry: which outputs does it reach, and by which factor?",
        "dx = np.ones_like(dout) @ w.T",
        "dx = dout @ w.T",
    ),
)

_LOSSES = (
    Code(
        "NOT_SQUARED",
        "{part} is the difference, not its square.{besides}",
        "Square the difference before it is summed or averaged.",
        "np.mean(y_out - y_truth)",
        "np.mean((y_out - y_truth) ** 2)",
    ),
    Code(
        "ABSOLUTE_MISSING",
        "{part} is the difference, not its absolute value: errors of both signs cancel.{besides}",
        "Take np.abs of the difference.",
        "np.mean(y_out - y_truth)",
        "np.mean(np.abs(y_out - y_truth))",
    ),
    Code(
        "GRADIENT_OF_LOGITS",
        "{part} is p - y, the gradient for the logit. Asked is dL/dp; the layer before adds its own slope.{besides}",
        "For probabilities divide by p (1 - p), or take the loss of logits.",
        "return p - y",
        "return (p - y) / (p * (1 - p))",
    ),
    Code(
        "ONE_TERM_MISSING",
        "{part} lacks the term {term}.{besides}",
        "Half of the samples count in that term alone.",
        "-y * np.log(p)",
        "-(y * np.log(p) + (1 - y) * np.log(1 - p))",
    ),
    Code(
        "LABELS_FLIPPED",
        "{part} has y and 1 - y the wrong way round.{besides}",
        "y belongs to log p.",
        "-((1 - y) * np.log(p) + y * np.log(1 - p))",
        "-(y * np.log(p) + (1 - y) * np.log(1 - p))",
    ),
    Code(
        "PARENTHESES_MISSING",
        "{part}: the minus counts for the first term alone, since parentheses are missing.{besides}",
        "Write {formula}.",
        "-y * np.log(p) + (1 - y) * np.log(1 - p)",
        "-(y * np.log(p) + (1 - y) * np.log(1 - p))",
    ),
    Code(
        "LABEL_NOT_SUBTRACTED",
        "{part} is the probabilities alone; the labels are not subtracted.{besides}",
        "The gradient is probabilities minus labels.",
        "return probs / N",
        "return (probs - labels) / N",
    ),
    Code(
        "LOGITS_FOR_PROBABILITIES",
        "{part} uses the logits where the probabilities belong; right is {right}.{besides}",
        "Apply softmax, or sigmoid, first.",
        "return (logits - labels) / N",
        "return (softmax(logits) - labels) / N",
    ),
    Code(
        "SOFTMAX_AXIS",
        "{part} takes the softmax over {axis}; each row is one sample, so it is taken over the last axis.{besides}",
        "Write axis=1 and keepdims=True.",
        "e / e.sum(axis=0)",
        "e / e.sum(axis=1, keepdims=True)",
    ),
    Code(
        "TRUE_CLASS_ONLY",
        "{part} lets only the true class have a gradient; the others have one, too: their probability.{besides}",
        "Return probabilities minus labels for all classes.",
        "return (probs - labels) * labels / N",
        "return (probs - labels) / N",
    ),
    Code(
        "SUMMED_ALL",
        "{part} adds up the logarithms of all classes; only the true one counts.{besides}",
        "Multiply by the labels, or pick the entry of the true class, before you sum.",
        "-np.log(probs).sum(axis=1)",
        "-(labels * np.log(probs)).sum(axis=1)",
    ),
    Code(
        "DIAGONAL_ONLY",
        "{part} treats each entry by itself; in a softmax every output depends on every input, and those cross terms "
        "are missing.{besides}",
        "Subtract the sum over the row: p * (d_out - (d_out * p).sum(axis=-1, keepdims=True)).",
        "return dout * p * (1 - p)",
        "return p * (dout - (dout * p).sum(axis=-1, keepdims=True))",
    ),
)

_OPERATIONS = (
    Code(
        "TERM_MISSING",
        "{part} lacks the term {term} of `{formula}`.{besides}",
        "Add it.",
        "return p * dout",
        "return p * (dout - (dout * p).sum(axis=-1, keepdims=True))",
    ),
    Code(
        "FACTOR_MISSING",
        "{part} lacks the factor {factor} of `{formula}`.{besides}",
        "Multiply by it.",
        "return dout * y",
        "return dout * y * (1 - y)",
    ),
    Code(
        "PLUS_FOR_MINUS",
        "{part} has the wrong sign {where}.{besides}",
        "Exchange + and - there.",
        "return probs + labels",
        "return probs - labels",
    ),
    Code(
        "WRONG_AXIS",
        "{part} sums over axis {axis}; it should be {right}.{besides}",
        "Say which axis the sum runs over, and check it with the shapes.",
        "p * (dout - (dout * p).sum(axis=0))",
        "p * (dout - (dout * p).sum(axis=-1, keepdims=True))",
    ),
    Code(
        "OPERANDS_SWAPPED",
        "{part} is what comes out with `{yours}` where `{right}` belongs: the two are swapped.",
        "Swap them.",
        "return dout * (y - 1)",
        "return dout * (1 - y)",
    ),
    Code(
        "TRANSPOSE_MISSING",
        "{part} is what comes out with `{yours}` where `{right}` belongs: a transpose is missing, or one too many.",
        "Write the shapes beside the factors.",
        "d_x = d_out @ w",
        "d_x = d_out @ w.T",
    ),
    Code(
        "CONSTANT_DIFFERS",
        "{part} is what comes out with `{yours}` where `{right}` belongs: a constant is another one.",
        "Look at the numbers in that line.",
        "return dout * (2 - y * y)",
        "return dout * (1 - y * y)",
    ),
    Code(
        "FUNCTION_REPLACED",
        "{part} is what comes out with `{yours}` where `{right}` belongs: another function.",
        "Look which function the formula has there.",
        "total = np.max(e, axis=1)",
        "total = np.sum(e, axis=1)",
    ),
    Code(
        "COMPARISON_CHANGED",
        "{part} is what comes out with `{yours}` where `{right}` belongs: another comparison.",
        "Turn the comparison round, or take the equal ones out.",
        "return dout * (x < 0)",
        "return dout * (x > 0)",
    ),
    Code(
        "BRANCHES_SWAPPED",
        "{part} is what comes out with `{yours}` where `{right}` belongs: the two branches are swapped.",
        "np.where takes the value for true first.",
        "np.where(x > 0, slope * x, x)",
        "np.where(x > 0, x, slope * x)",
    ),
    Code(
        "OPERATION_CHANGED",
        "{part} is what comes out with `{yours}` where `{right}` belongs.",
        "All else is as it should be.",
        "return dout / (y * (1 - y))",
        "return dout * (y * (1 - y))",
    ),
)

PARTICULAR = (*_ACTIVATIONS, *_LINEAR, *_LOSSES, *_OPERATIONS)
