"""Records written by hand, for tests of what is printed from them."""

import random

from chainrule.explaining.record import Edge, Message, Node, Record, Step


def record_of(inputs, operations, values=None, locals_=None, name="A"):
    """A record from ``{"a": 1.0}`` and ``[("t1", "exp", "exp(a)", ["a"], value, [factor]), ...]``.

    The gradients follow from the factors, the local derivatives: one for each operand.
    """
    names = [*inputs, *(operation[0] for operation in operations)]
    ids = {each: index for index, each in enumerate(names)}
    gradients = {operations[-1][0]: 1.0}
    messages = []
    for parent, _, _, operands, _, factors in reversed(operations):
        for slot in reversed(range(len(operands)) if parent in gradients else ()):
            upstream, factor = gradients[parent], factors[slot]
            edge = Edge(ids[operands[slot]], ids[parent], slot)
            messages.append(Message(edge, f"{factor:.4g}", upstream, factor, upstream * factor))
            gradients[operands[slot]] = gradients.get(operands[slot], 0.0) + upstream * factor
    nodes = [Node(ids[each], each, "input", "", each, (), value, gradients.get(each)) for each, value in inputs.items()]
    for own, operation, formula, operands, value, _ in operations:
        children = tuple(ids[operand] for operand in operands)
        nodes.append(Node(ids[own], own, "operation", operation, formula, children, value, gradients.get(own)))
    steps = [Step(index + 1, "forward", node.id) for index, node in enumerate(nodes)]
    return Record(operations[-1][0], name, nodes, messages, steps, [], len(nodes) - 1)


def expression_a():
    """exp(a) / sqrt(b) * log(a + b) at a = 1, b = 2."""
    return record_of(
        {"a": 1.0, "b": 2.0},
        [
            ("t1", "exp", "exp(a)", ["a"], 2.718281828, [2.718281828]),
            ("t2", "sqrt", "sqrt(b)", ["b"], 1.414213562, [0.3535533906]),
            ("t3", "divide", "t1 / t2", ["t1", "t2"], 1.922115514, [0.7071067812, -1.359140914]),
            ("t4", "add", "a + b", ["a", "b"], 3.0, [1.0, 1.0]),
            ("t5", "log", "log(t4)", ["t4"], 1.098612289, [0.3333333333]),
            ("A", "multiply", "t3 * t5", ["t3", "t5"], 2.111659727, [1.098612289, 1.922115514]),
        ],
        name="exp(a)/sqrt(b)*log(a+b)",
    )


def expression_b():
    """sqrt(a + b + c^2) + log(a + b + c^2) + (a + b + c^2) / (b c^2) at a = 1, b = 2, c = 3."""
    return record_of(
        {"a": 1.0, "b": 2.0, "c": 3.0},
        [
            ("t1", "add", "a + b", ["a", "b"], 3.0, [1.0, 1.0]),
            ("t2", "power", "c ** 2", ["c"], 9.0, [6.0]),
            ("t3", "add", "t1 + t2", ["t1", "t2"], 12.0, [1.0, 1.0]),
            ("t4", "sqrt", "sqrt(t3)", ["t3"], 3.464101615, [0.1443375673]),
            ("t5", "log", "log(t3)", ["t3"], 2.48490665, [0.08333333333]),
            ("t6", "add", "t4 + t5", ["t4", "t5"], 5.949008265, [1.0, 1.0]),
            ("t7", "multiply", "b * t2", ["b", "t2"], 18.0, [9.0, 2.0]),
            ("t8", "divide", "t3 / t7", ["t3", "t7"], 0.6666666667, [0.05555555556, -0.03703703704]),
            ("B", "add", "t6 + t8", ["t6", "t8"], 6.615674931, [1.0, 1.0]),
        ],
        name="sqrt(a+b+c**2) + log(a+b+c**2) + (a+b+c**2)/(b*c**2)",
    )


def expression_c():
    """The sum over three points of (w0 + w1 x - y)^2, written out, at w0 = 1, w1 = 2."""
    inputs = {"w0": 1.0, "w1": 2.0}
    operations = []
    for i, (x, y) in enumerate([(1.0, 2.0), (2.0, 4.0), (3.0, 6.0)], 1):
        inputs |= {f"x{i}": x, f"y{i}": y}
        p = 2 * x
        r = 1 + p - y
        operations += [
            (f"p{i}", "multiply", f"w1 * x{i}", ["w1", f"x{i}"], p, [x, 2.0]),
            (f"q{i}", "add", f"w0 + p{i}", ["w0", f"p{i}"], 1 + p, [1.0, 1.0]),
            (f"r{i}", "subtract", f"q{i} - y{i}", [f"q{i}", f"y{i}"], r, [1.0, -1.0]),
            (f"s{i}", "power", f"r{i} ** 2", [f"r{i}"], r**2, [2 * r]),
        ]
    operations += [
        ("u", "add", "s1 + s2", ["s1", "s2"], 2.0, [1.0, 1.0]),
        ("C", "add", "u + s3", ["u", "s3"], 3.0, [1.0, 1.0]),
    ]
    return record_of(inputs, operations, name="sum((w0 + w1*x - y)**2)")


def a_squared():
    """a * a at a = 3: two edges between the same two nodes."""
    return record_of({"a": 3.0}, [("A", "multiply", "a * a", ["a", "a"], 9.0, [3.0, 3.0])], name="a*a")


def random_record(seed, count):
    """A graph of so many nodes; operands are mostly recent."""
    draw = random.Random(seed)
    inputs = {f"x{i}": float(i + 1) for i in range(1, 1 + max(1, count // 6))}
    names, operations = list(inputs), []
    while len(names) < count:
        recent = names[-max(4, count // 4) :] if draw.random() < 0.8 else names
        operands = [draw.choice(recent) for _ in range(draw.choice([1, 2, 2]))]
        own = f"t{len(operations) + 1}"
        formula = f"exp({operands[0]})" if len(operands) == 1 else " + ".join(operands)
        operations.append((own, "add", formula, operands, draw.uniform(-9, 9), [draw.uniform(-2, 2) for _ in operands]))
        names.append(own)
    return record_of(inputs, operations, name=f"graph {seed}")
