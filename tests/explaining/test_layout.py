"""Layouts: nothing overlaps, nothing runs through a box, few lines cross."""

from itertools import pairwise, permutations

import numpy as np
import pytest

from chainrule.explaining.drawing.layering import columns_of, ranks_of
from chainrule.explaining.drawing.layout import LABEL, NODE, Box, Layout, arrange
from chainrule.explaining.drawing.ordering import count_crossings, ordered
from chainrule.explaining.drawing.placing import pooled
from chainrule.explaining.record import Edge
from explaining.layouts import crossings, overlaps
from explaining.records import a_squared, expression_a, expression_b, expression_c, random_record, record_of

EXAMPLES = {"A": expression_a, "B": expression_b, "C": expression_c, "a*a": a_squared}


@pytest.fixture(params=EXAMPLES)
def record(request):
    return EXAMPLES[request.param]()


# -- boxes ---------------------------------------------------------------------------------------------------


def test_box_has_sides_and_a_centre():
    box = Box(10, 20, 30, 40)

    assert (10, 40, 20, 60, (25, 40)) == (box.left, box.right, box.top, box.bottom, box.centre)


def test_every_node_and_every_edge_has_a_box_of_its_size(record):
    layout = arrange(record)

    assert [node.id for node in record.nodes] == list(layout.nodes)
    assert set(record.edges) == set(layout.labels) == set(layout.forward) == set(layout.backward)
    assert {NODE} == {(box.width, box.height) for box in layout.nodes.values()}
    assert {LABEL} == {(box.width, box.height) for box in layout.labels.values()}


def test_sizes_can_be_functions_of_the_node_and_of_the_edge():
    record = a_squared()
    layout = arrange(record, lambda node: (100 + node.id, 50), lambda edge: (80, 30 + edge.slot))

    assert [(100, 50), (101, 50)] == [(box.width, box.height) for box in layout.nodes.values()]
    assert [(80, 30), (80, 31)] == [(layout.labels[edge].width, layout.labels[edge].height) for edge in record.edges]


def test_everything_is_inside_the_picture(record):
    layout = arrange(record)
    boxes = [*layout.nodes.values(), *layout.labels.values()]

    assert min(box.left for box in boxes) > 0 < min(box.top for box in boxes)
    assert max(box.right for box in boxes) < layout.width
    assert max(box.bottom for box in boxes) < layout.height


def test_labels_stand_between_their_nodes(record):
    layout = arrange(record)

    for edge, label in layout.labels.items():
        assert layout.nodes[edge.child].right < label.left
        assert label.right < layout.nodes[edge.parent].left


def test_two_edges_between_the_same_nodes_have_two_labels():
    layout = arrange(a_squared())
    first, second = layout.labels[Edge(0, 1, 0)], layout.labels[Edge(0, 1, 1)]

    assert first.bottom < second.top


@pytest.mark.parametrize("seed", range(200))
def test_nothing_overlaps_in_a_random_graph(seed):
    layout = arrange(random_record(seed, 2 + seed * 58 // 199))

    assert [] == overlaps(layout)


def test_nothing_overlaps_in_the_examples(record):
    assert [] == overlaps(arrange(record))


def test_nothing_overlaps_when_boxes_have_many_sizes():
    record = random_record(5, 40)
    layout = arrange(record, lambda node: (60 + 7 * node.id, 30 + 3 * node.id), lambda edge: (20 + 9 * edge.child, 25))

    assert [] == overlaps(layout)


def test_a_graph_of_one_node_has_a_layout():
    layout = arrange(record_of({}, [("A", "constant", "1", [], 1.0, [])]))

    assert NODE == (layout.nodes[0].width, layout.nodes[0].height)


# -- columns -------------------------------------------------------------------------------------------------


def test_a_node_is_one_rank_after_its_last_operand():
    assert [0, 0, 1, 1, 2, 1, 2, 3] == ranks_of(expression_a())


def test_inputs_are_in_the_first_column_of_a_small_graph():
    record = random_record(1, 40)

    assert {0} == {ranks_of(record)[node.id] for node in record.inputs}


def test_inputs_are_beside_their_first_user_in_a_large_graph():
    names = ["a", *(f"t{index}" for index in range(45))]
    chain = [(own, "exp", f"exp({child})", [child], 1.0, [1.0]) for child, own in pairwise(names)]
    record = record_of({"a": 1.0, "b": 1.0}, [*chain, ("A", "add", "t44 + b", ["t44", "b"], 1.0, [1.0, 1.0])])

    assert [0, 45, *range(1, 47)] == ranks_of(record)


def test_a_long_edge_has_an_item_in_every_column_it_passes():
    columns = columns_of(expression_b())
    chain = columns.chains[Edge(1, 9, 0)]  # b goes into t7, which is in the third column of nodes

    assert [[item in column for column in columns.columns].index(True) for item in chain] == [0, 1, 2, 3, 4]


# -- lines ---------------------------------------------------------------------------------------------------


def test_a_path_leads_from_box_to_label_to_box(record):
    layout = arrange(record)

    for edge, label in layout.labels.items():
        child, parent = layout.nodes[edge.child], layout.nodes[edge.parent]
        (first, second), (back_first, back_second) = layout.forward[edge], layout.backward[edge]
        ends = [first[0][0], first[-1][0], second[0][0], second[-1][0]]
        back_ends = [back_first[0][0], back_first[-1][0], back_second[0][0], back_second[-1][0]]

        assert [child.right, label.left, label.right, parent.left] == ends
        assert [parent.left, label.right, label.left, child.right] == back_ends
        assert all(len(piece) % 3 == 1 for piece in (first, second, back_first, back_second))


def test_lines_meet_the_sides_of_their_boxes(record):
    layout = arrange(record)

    for edge, (first, second) in layout.forward.items():
        child, label, parent = layout.nodes[edge.child], layout.labels[edge], layout.nodes[edge.parent]
        meetings = [(child, first[0]), (label, first[-1]), (label, second[0]), (parent, second[-1])]

        assert all(box.top < y < box.bottom for box, (_, y) in meetings)


def test_a_message_runs_below_its_value(record):
    layout = arrange(record)

    for edge, (to_label, to_parent) in layout.forward.items():
        for forward, backward in zip((to_label, to_parent), reversed(layout.backward[edge]), strict=True):
            distances = {round(below[1] - above[1], 1) for above, below in zip(forward, backward[::-1], strict=True)}

            assert 1 == len(distances)
            assert 1 <= distances.pop() <= 10


def test_lines_keep_apart_where_many_leave_one_box():
    names = [f"t{i}" for i in range(20)]
    fan = [(name, "exp", "exp(a)", ["a"], 1.0, [1.0]) for name in names]
    layout = arrange(record_of({"a": 1.0}, [*fan, ("A", "add", "t0 + ...", names, 1.0, [1.0] * 20)]))
    starts = sorted(path[0][0][1] for path in layout.forward.values() if path[0][0][0] == layout.nodes[0].right)
    back = sorted(path[1][-1][1] for path in layout.backward.values() if path[1][-1][0] == layout.nodes[0].right)

    assert all(forward < backward for forward, backward in zip(starts, back, strict=True))
    assert all(backward < forward for forward, backward in zip(starts[1:], back, strict=False))


# -- crossings -----------------------------------------------------------------------------------------------


def test_the_examples_have_few_crossings():
    # A and B are free of crossings because one input stands further right than the others.
    # C cannot be without: it holds three houses and three wells, w0, w1 and the sum against q1, q2 and q3.
    found = {name: crossings(arrange(EXAMPLES[name]())) for name in EXAMPLES}

    assert {"A": 0, "B": 0, "C": 5, "a*a": 0} == found


@pytest.mark.parametrize("name", ["A", "B"])
def test_no_other_order_of_the_nodes_has_fewer_crossings(name):
    columns = columns_of(EXAMPLES[name]())

    assert _fewest(columns) == count_crossings(ordered(columns), columns)


def _fewest(columns):
    """Of all orders, column by column: the fewest crossings that lead to each order of the column reached so far."""
    reached = {tuple(order): 0 for order in permutations(columns.columns[0])}
    for column in columns.columns[1:]:
        extended = {}
        for order in permutations(column):
            places = {item: place for place, item in enumerate(order)}
            extended[order] = min(cost + _inversions(before, places, columns) for before, cost in reached.items())
        reached = extended
    return min(reached.values())


def _inversions(before, places, columns):
    ends = [(row, places[other]) for row, item in enumerate(before) for other in columns.after[item]]
    return sum(a < c and b > d for a, b in ends for c, d in ends)


def test_a_crossing_is_counted():
    def line(*heights):
        return tuple(
            ((x, y), (x + 3, y), (x + 7, z), (x + 10, z))
            for x, y, z in zip((0, 10), heights[:-1], heights[1:], strict=True)
        )

    def layout(*lines):
        return Layout(20, 20, {}, {}, {Edge(0, 1, slot): each for slot, each in enumerate(lines)}, {})

    assert 0 == crossings(layout(line(0, 0, 0), line(5, 5, 5)))
    assert 1 == crossings(layout(line(0, 10, 10), line(5, 5, 5)))
    assert 2 == crossings(layout(line(0, 10, 0), line(5, 5, 5)))


def test_an_overlap_is_found():
    edge = Edge(0, 1, 0)
    nodes = {0: Box(0, 0, 10, 10), 1: Box(50, 0, 10, 10)}
    path = (((10, 5), (20, 5), (20, 5), (30, 5)), ((35, 5), (40, 5), (40, 5), (50, 5)))
    through = (((10, 5), (20, 5), (20, 5), (55, 5)), ((35, 5), (40, 5), (40, 5), (50, 5)))

    assert [] == overlaps(Layout(60, 10, nodes, {edge: Box(30, 0, 5, 10)}, {edge: path}, {}))
    assert ["node 0 and node 1"] == overlaps(Layout(60, 10, {**nodes, 1: Box(9, 9, 5, 5)}, {}, {}, {}))
    assert [f"line {edge} and node 1"] == overlaps(Layout(60, 10, nodes, {}, {edge: through}, {}))


def test_the_order_of_many_crossings_improves():
    record = random_record(3, 60)
    columns = columns_of(record)

    assert 2 * count_crossings(ordered(columns), columns) < count_crossings(columns.columns, columns)


# -- placing and speed ---------------------------------------------------------------------------------------


def test_pooled_agrees_with_isotonic_regression():
    from sklearn.isotonic import IsotonicRegression

    draw = np.random.default_rng(0)
    wanted, weights = draw.normal(size=30), draw.uniform(0.5, 8, 30)
    expected = IsotonicRegression().fit_transform(np.arange(30), wanted, sample_weight=weights)

    np.testing.assert_allclose(pooled(wanted, weights), expected)


def test_a_long_edge_with_nothing_in_its_way_is_level():
    layout = arrange(expression_b())
    heights = {y for _, y in layout.forward[Edge(10, 11, 1)][0]}  # t8 goes into B

    assert 1 == len(heights)


def test_the_same_record_has_the_same_layout():
    assert arrange(random_record(7, 30)).__dict__ == arrange(random_record(7, 30)).__dict__


def test_a_long_graph_does_not_drift():
    operations, last = [], "a"
    for index in range(40):
        operations.append((f"s{index}", "sin", f"sin({last})", [last], 1.0, [1.0]))
        operations.append((f"t{index}", "multiply", f"s{index} * {last}", [f"s{index}", last], 1.0, [1.0, 1.0]))
        last = f"t{index}"

    assert arrange(record_of({"a": 1.0}, operations)).height < 400
