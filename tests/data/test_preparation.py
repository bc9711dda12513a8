"""Tables become x and y: against scikit-learn's scalers and encoders, fitted on the training rows alone."""

import csv
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.datasets import load_digits
from sklearn.preprocessing import LabelEncoder, MinMaxScaler, OneHotEncoder, StandardScaler

from chainrule.data import Preparation, Table, digits, prepare, prepare_dataset, read_table
from chainrule.data.columns import NumericColumn, TextColumn
from chainrule.data.targets import ClassTarget, NumberTarget


def houses(rows=40, seed=0, **more):
    rng = np.random.default_rng(seed)
    columns = {
        "row": np.arange(rows),
        "area": rng.uniform(30, 200, rows),
        "kind": rng.choice(["flat", "house", "villa"], rows),
        "price": rng.normal(300, 50, rows),
    }
    return Table("houses.csv", columns | more)


def parts(prepared):
    return prepared.split.train, prepared.split.validation, prepared.split.test


def rows_of(prepared, place=0):
    """Which rows of the table each part holds, read from a column that was left unscaled."""
    return [part.x[:, place].astype(int) for part in parts(prepared)]


# ------------------------------------------------------------------------- what training rows teach


def test_the_scaling_is_scikit_learns_fitted_on_training_rows():
    table = houses()
    train, validation, test = rows_of(prepare(table, target="price", scaling="none", rng=3))
    for scaling, oracle in (("standard", StandardScaler()), ("minmax", MinMaxScaler())):
        prepared = prepare(table, target="price", scaling=scaling, rng=3)
        raw = np.column_stack([table.columns["row"], table.columns["area"]])
        oracle.fit(raw[train])
        for rows, part in zip((train, validation, test), parts(prepared), strict=True):
            np.testing.assert_allclose(oracle.transform(raw[rows]), part.x[:, :2], rtol=1e-13, atol=1e-14)


def test_text_is_one_hot_as_scikit_learn_has_it():
    table = houses()
    prepared = prepare(table, target="price", scaling="none", rng=3)
    oracle = OneHotEncoder(sparse_output=False)
    for rows, part in zip(rows_of(prepared), parts(prepared), strict=True):
        expected = oracle.fit(table.columns["kind"][:, None]).transform(table.columns["kind"][rows, None])

        np.testing.assert_array_equal(expected, part.x[:, 2:])
    assert ("row", "area", "kind=flat", "kind=house", "kind=villa") == part.feature_names


def test_a_number_target_is_standardised_by_training_rows_and_comes_back():
    table = houses()
    train, _, test = rows_of(prepare(table, target="price", scaling="none", rng=3))
    prepared = prepare(table, target="price", rng=3)
    oracle = StandardScaler().fit(table.columns["price"][train, None])
    expected = oracle.transform(table.columns["price"][test, None])[:, 0]

    np.testing.assert_allclose(expected, prepared.split.test.y, rtol=1e-12)
    original = prepared.preparation.original(prepared.split.test.y)
    np.testing.assert_allclose(table.columns["price"][test], original, rtol=1e-14)
    assert "regression" == prepared.split.test.task


def test_predictions_in_a_column_come_back_in_a_column():
    preparation = Preparation((NumericColumn("a", 0.0, 1.0),), NumberTarget("b", 10.0, 2.0))

    assert [[12.0], [8.0]] == preparation.original(np.array([[1.0], [-1.0]], dtype=np.float32)).tolist()


def test_text_targets_are_numbered_as_scikit_learn_numbers_them():
    table = houses()
    prepared = prepare(table, target="kind", scaling="none", rng=3)
    oracle = LabelEncoder().fit(table.columns["kind"])
    for rows, part in zip(rows_of(prepared), parts(prepared), strict=True):
        np.testing.assert_array_equal(oracle.transform(table.columns["kind"][rows]), part.y)
        np.testing.assert_array_equal(table.columns["kind"][rows], prepared.preparation.original(part.y))
    assert ("classification", ("flat", "house", "villa")) == (part.task, part.classes)


def test_a_missing_number_becomes_the_training_mean():
    area = houses().columns["area"].copy()
    area[[3, 11, 17, 30]] = np.nan
    table = houses(area=area)
    prepared = prepare(table, target="price", scaling="none", missing="mean", rng=3)
    train = rows_of(prepared)[0]
    expected = np.where(np.isnan(area), np.nanmean(area[train]), area)
    for rows, part in zip(rows_of(prepared), parts(prepared), strict=True):
        np.testing.assert_allclose(expected[rows], part.x[:, 1], rtol=1e-14)


def test_missing_text_is_a_category_of_its_own():
    kind = houses().columns["kind"].copy()
    kind[::2] = "NA"

    assert "kind=" in prepare(houses(kind=kind), target="price", rng=0).preparation.feature_names


@pytest.mark.parametrize("scaling", ["standard", "minmax", "image", "none"])
@pytest.mark.parametrize("value", [0.0, 0.1, -7.0, 1e300])
def test_a_constant_column_stays_finite(scaling, value):
    prepared = prepare(houses(area=np.full(40, value)), target="price", scaling=scaling, rng=0)

    assert all(np.isfinite(part.x).all() for part in parts(prepared))
    if scaling in ("standard", "minmax"):
        assert 1.0 == prepared.preparation.columns[1].scale
        np.testing.assert_allclose(np.zeros(24), prepared.split.train.x[:, 1], atol=abs(value) * 1e-15)


def test_image_scaling_divides_all_columns_by_the_largest_training_value():
    table = Table("t", {"a": np.arange(20) * 1.0, "b": np.arange(20) * -10.0, "y": np.arange(20) * 0.5})
    unscaled = prepare(table, target="y", scaling="none", rng=0).split.train.x
    prepared = prepare(table, target="y", scaling="image", rng=0)

    np.testing.assert_array_equal(unscaled / np.abs(unscaled).max(), prepared.split.train.x)


def test_a_category_that_training_rows_lack_is_all_zeros():
    kind = houses().columns["kind"].copy()
    test = rows_of(prepare(houses(), target="price", scaling="none", rng=3))[2]
    kind[test[0]] = "castle"
    table = houses(kind=kind)
    prepared = prepare(table, target="price", rng=3)

    assert [0.0, 0.0, 0.0] == prepared.split.test.x[0, 2:].tolist()
    assert [0.0, 0.0, 0.0] == prepared.preparation.features(table)[test[0], 2:].tolist()


def test_dropped_columns_are_no_features():
    preparation = prepare(houses(), target="price", drop=("row", "kind"), rng=0).preparation

    assert ("area",) == preparation.feature_names


def test_the_same_seed_prepares_the_same():
    first, again, other = (prepare(houses(), target="price", rng=seed) for seed in (1, 1, 2))

    assert first.preparation == again.preparation != other.preparation
    np.testing.assert_array_equal(first.split.test.x, again.split.test.x)


# ------------------------------------------------------------------------------------ which task it is


@pytest.mark.parametrize(
    ("target", "task"),
    [
        (["a", "b"] * 10, "classification"),
        ([0, 1] * 10, "classification"),
        ([3, 1, 2, 2] * 5, "classification"),
        ([0.5, 1.5] * 10, "regression"),
        (list(range(20)), "regression"),
        (list(range(21)) * 2, "regression"),
        (list(range(20)) * 2, "classification"),
    ],
)
def test_the_task_follows_from_the_target(target, task):
    table = Table("t", {"a": np.arange(len(target)), "y": target})

    assert task == prepare(table, target="y", rng=0).preparation.task


def test_the_task_may_be_chosen():
    table = Table("t", {"a": np.arange(20), "y": [1, 2, 3, 4] * 5})

    assert "regression" == prepare(table, target="y", task="regression", rng=0).preparation.task
    assert (1, 2, 3, 4) == prepare(table, target="y", task="classification", rng=0).preparation.classes


def test_whole_number_labels_come_back_as_whole_numbers():
    table = Table("t", {"a": np.arange(20), "y": [7, -3] * 10})
    prepared = prepare(table, target="y", rng=0)

    assert (-3, 7) == prepared.preparation.classes
    assert [7, -3] == prepared.preparation.original(np.array([1, 0])).tolist()
    assert "i" == prepared.preparation.original(np.array([1, 0])).dtype.kind


# ---------------------------------------------------------------------------------------- the digits


def test_digits_are_divided_by_16():
    prepared = prepare_dataset(digits(), rng=0)
    bundled = load_digits()

    np.testing.assert_array_equal(
        bundled.data / 16,
        prepared.preparation.features(Table("t", dict(zip(bundled.feature_names, bundled.data.T, strict=True)))),
    )
    assert (8, 8) == prepared.split.test.image_shape == prepared.preparation.image_shape
    assert tuple(range(10)) == prepared.split.train.classes
    assert [1079, 359, 359] == [len(part) for part in parts(prepared)]


def test_a_csv_of_digits_is_prepared_as_in_training(tmp_path):
    prepared = prepare_dataset(digits(), rng=0)
    bundled = load_digits()
    with (tmp_path / "digits.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*bundled.feature_names, "target"])
        writer.writerows([*x, y] for x, y in zip(bundled.data[:30], bundled.target[:30], strict=True))
    dataset = prepared.preparation.dataset(prepared.preparation.read(tmp_path / "digits.csv"))

    np.testing.assert_array_equal(bundled.data[:30] / 16, dataset.x)
    np.testing.assert_array_equal(bundled.target[:30], dataset.y)
    assert (8, 8) == dataset.image_shape


def test_a_dataset_may_be_scaled_otherwise():
    train = prepare_dataset(digits(), scaling="standard", rng=0).split.train.x

    np.testing.assert_allclose(np.zeros(64), train.mean(axis=0), atol=1e-13)


# ----------------------------------------------------------------------------------------- new tables


def trained():
    area, kind = NumericColumn("area", 60.0, 20.0), TextColumn("kind", ("flat", "house"))
    return Preparation((area, kind), NumberTarget("price", 300.0, 50.0))


def classified():
    return Preparation((NumericColumn("area", 0.0, 1.0),), ClassTarget("kind", ("1", "2", "flat")))


def test_columns_may_stand_in_any_order_among_others():
    table = Table("new", {"note": ["x"], "kind": ["house"], "area": [80]})

    assert [[1.0, 0.0, 1.0]] == trained().features(table).tolist()


def test_text_of_training_is_text_again_even_if_it_looks_like_numbers(tmp_path):
    (tmp_path / "new.csv").write_text("area,kind\n3,1\n4,2\n")
    preparation = classified()

    assert [0, 1] == preparation.target(preparation.read(tmp_path / "new.csv")).tolist()


def test_columns_that_are_not_used_need_not_be_clean(tmp_path):
    (tmp_path / "new.csv").write_text("area,kind,note\n" + "3,flat,1\n" * 9 + "3,flat,inf\n")
    preparation = trained()

    assert (10, 3) == preparation.features(preparation.read(tmp_path / "new.csv")).shape


def test_predicting_needs_no_target():
    assert (1, 3) == trained().features(Table("new", {"area": [1], "kind": ["flat"]})).shape


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"kind": ["flat"]}, "new: no column 'area'; the columns are 'kind'"),
        ({"Area": [1], "kind": ["flat"]}, "Did you mean 'Area'"),
        ({"area": ["x"], "kind": ["flat"]}, "column 'area', index 0: 'x' is not a number"),
        (
            {"area": [1, np.nan, np.nan], "kind": ["flat"] * 3},
            "'area' has missing values: 2, the first on index 1",
        ),
        ({"area": [1, 2], "kind": ["flat", "hut"]}, "'kind', index 1: 'hut' is not among .* 'flat', 'house'"),
        ({"area": [1], "kind": [3]}, "column 'kind' holds numbers"),
    ],
)
def test_a_table_unlike_the_training_table_is_refused(columns, message):
    with pytest.raises(ValueError, match=message):
        trained().features(Table("new", columns))


def test_a_value_beyond_all_scaling_is_refused():
    preparation = Preparation((NumericColumn("a", 0.0, 1e-10),), NumberTarget("b", 0.0, 1.0))

    with pytest.raises(ValueError, match=r"column 'a', index 1: 1e\+300 is too far"):
        preparation.features(Table("t", {"a": [0.0, 1e300]}))


def test_an_unseen_category_may_be_ignored():
    column = TextColumn("kind", ("flat", "house"), unseen="ignore")

    assert [[0.0, 0.0], [1.0, 0.0]] == column.apply(Table("new", {"kind": ["hut", "flat"]})).tolist()


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (["1", "villa"], "target 'kind', index 1: 'villa' is not among the classes '1', '2', 'flat'"),
        (["1", ""], "'kind' has missing values: 1, the first on index 1. Remove these rows"),
        ([1.0, 2.0], "column 'kind' holds numbers"),
    ],
)
def test_labels_outside_the_classes_are_refused(values, message):
    with pytest.raises(ValueError, match=message):
        classified().target(Table("new", {"kind": values}))


@pytest.mark.parametrize("label", [2.5, 11.0, -1.0])
def test_numbers_outside_the_classes_are_refused(label):
    target = ClassTarget("digit", tuple(range(10)))

    with pytest.raises(ValueError, match=f"target 'digit', index 1: {label} is not among the classes"):
        target.apply(Table("new", {"digit": [3.0, label]}))


@pytest.mark.parametrize(
    ("predictions", "message"),
    [
        ([0.5], "dtype float64; expected class numbers"),
        ([0, 3], "class number 3 is outside 0 to 2"),
        ([-1], "-1"),
    ],
)
def test_predictions_that_are_no_class_numbers_are_refused(predictions, message):
    with pytest.raises(ValueError, match=message):
        classified().original(predictions)


# ------------------------------------------------------------------------------------ bad training data


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"target": "prize"}, "houses.csv: no column 'prize'; .* Did you mean 'price'"),
        ({"drop": ("roww",)}, "no column 'roww'"),
        ({"drop": ("price",)}, "'price' is the target and cannot be dropped"),
        ({"drop": ("row", "area", "kind")}, "no column is left to predict 'price' from"),
        ({"task": "clustering"}, "task is 'clustering'; expected one of"),
        ({"scaling": "standart"}, "scaling is 'standart'; .* Did you mean 'standard'"),
        ({"missing": "median"}, "missing is 'median'; expected one of 'error', 'mean'"),
        ({"unseen": "warn"}, "unseen is 'warn'; expected one of 'error', 'ignore'"),
        ({"validation": 0.0}, "validation is 0.0"),
        (
            {"task": "classification"},
            r"target 'price', index 0: 2\d\d.* is no class; expected text or whole numbers",
        ),
        ({"target": "kind", "task": "regression"}, "column 'kind', index 0: .* is not a number"),
        ({"target": "row", "task": "classification"}, "has 40 different values in 40 rows"),
    ],
)
def test_options_that_do_not_fit_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        prepare(houses(seed=1), **({"target": "price", "rng": 0} | options))


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (
            {"area": [1.0, np.nan] * 20},
            r"'area' has missing values: 20, the first on index 1. .* missing='mean'",
        ),
        (
            {"price": [1.5, np.nan] * 20},
            "'price' has missing values: 20, the first on index 1. Remove these rows",
        ),
        ({"price": ["a", "NA"] * 20}, "'price' has missing values: 20, the first on index 1"),
        ({"price": [np.nan] * 40}, "'price' has missing values: 40"),
        ({"price": [7] * 40}, "target 'price' is 7 in all 40 rows; expected at least two classes"),
        ({"price": ["yes"] * 40}, "target 'price' is 'yes' in all 40 rows"),
        ({"price": [0.5] * 40}, "target 'price' is 0.5 in all 24 training rows"),
        ({"price": [f"name {n}" for n in range(40)]}, "'price' has 40 different values in 40 rows"),
        ({"kind": [f"name {n}" for n in range(40)]}, r"'kind' holds text with 40 .* rows.* drop=\('kind',\)"),
        (
            {"price": [1e308, -1e308] * 19 + [0.5] * 2},
            r"column 'price' holds values up to 1e\+308, too large to scale",
        ),
        ({"area": [1e308, -1e308] * 20}, r"column 'area' holds values up to 1e\+308, too large to scale"),
    ],
)
def test_columns_that_cannot_be_learned_from_are_refused(columns, message):
    with pytest.raises(ValueError, match=message):
        prepare(houses(**columns), target="price", rng=0)


def test_many_categories_are_refused():
    table = Table("t", {"a": [f"c{n % 60}" for n in range(600)], "y": np.arange(600) * 0.5})

    with pytest.raises(ValueError, match=r"text with 60 different values in 600 rows, .* at most 50"):
        prepare(table, target="y", rng=0)


def test_a_column_without_any_value_is_refused():
    with pytest.raises(ValueError, match=r"'area' has no value in any training row. Drop it: drop=\('area',\)"):
        prepare(houses(area=[np.nan] * 40), target="price", missing="mean", rng=0)


def test_training_rows_of_one_class_are_refused():
    table = Table("t", {"a": [1, 2, 3, 4], "y": ["yes", "yes", "yes", "no"]})
    outcomes = []
    for seed in range(20):
        try:
            prepare(table, target="y", rng=seed)
            outcomes.append("prepared")
        except ValueError as error:
            outcomes.append(str(error))

    assert 2 == len(set(outcomes))
    assert "t: all 2 training rows have the target 'yes'; expected at least two classes" in max(outcomes)


def test_errors_name_the_line_of_the_file(tmp_path):
    rows = "".join(f"{number},{number / 2}\n" for number in range(20))
    (tmp_path / "t.csv").write_text("a,y\n\n" + rows + ",0.5\n")

    with pytest.raises(ValueError, match=r"t\.csv: column 'a' has missing values: 1, the first on line 23"):
        prepare(read_table(tmp_path / "t.csv"), target="y", rng=0)


# -------------------------------------------------------------------------------------------- as JSON

finite = st.floats(allow_nan=False, allow_infinity=False)
scales = st.floats(min_value=0, exclude_min=True, allow_infinity=False)
labels = st.sets(st.text(max_size=5), min_size=2, max_size=6).map(lambda found: tuple(sorted(found)))
numbers = st.sets(st.integers(-(2**53), 2**53), min_size=2, max_size=6).map(lambda found: tuple(sorted(found)))
inputs = st.one_of(
    st.builds(NumericColumn, st.sampled_from("ab"), finite, scales, st.none() | finite),
    st.builds(TextColumn, st.sampled_from("ab"), labels, st.just(()), st.sampled_from(["error", "ignore"])),
)
targets = st.one_of(
    st.builds(NumberTarget, st.just("y"), finite, scales),
    st.builds(ClassTarget, st.just("y"), labels | numbers),
)


@given(st.builds(Preparation, st.lists(inputs, min_size=1, unique_by=lambda c: c.name).map(tuple), targets))
def test_json_text_reads_back_equal(preparation):
    record = json.loads(json.dumps(preparation.to_json(), allow_nan=False))

    assert record == preparation.to_json()
    assert preparation == Preparation.from_json(record)


def test_prepared_tables_and_digits_read_back_equal():
    for prepared in (prepare(houses(), target="price", rng=0), prepare_dataset(digits(), rng=0)):
        text = json.dumps(prepared.preparation.to_json())

        assert prepared.preparation == Preparation.from_json(json.loads(text))


def spoilt(path, value):
    """A good record with one entry replaced (or removed, where ``value`` is ...)."""
    preparation = Preparation(
        (NumericColumn("area", 60.0, 20.0), TextColumn("kind", ("flat", "house"))), ClassTarget("y", (0, 1))
    )
    record = json.loads(json.dumps(preparation.to_json()))
    *way, last = path
    part = record
    for step in way:
        part = part[step]
    if value is ...:
        del part[last]
    else:
        part[last] = value
    return record


@pytest.mark.parametrize(
    ("record", "message"),
    [
        (None, "found NoneType; expected an object"),
        ([], "found list"),
        ({}, r"found \[\]; expected an object with the names"),
        ({"weights": [1]}, "found .'weights'."),
        (spoilt(["target"], ...), "expected an object with the names"),
        (spoilt(["extra"], 1), "expected an object with the names"),
        (spoilt(["format"], "chainrule preparation 9"), "its format is 'chainrule preparation 9'"),
        (spoilt(["columns"], "area"), "columns is 'area'; expected a list"),
        (spoilt(["columns"], None), "columns is None; expected a list"),
        (spoilt(["columns"], []), "expected at least one column"),
        (spoilt(["columns", 0], 7), "a part is 7; expected an object with a kind"),
        (spoilt(["columns", 0, "kind"], "class"), "expected an object with a kind, one of"),
        (spoilt(["columns", 0, "kind"], ["number"]), "expected an object with a kind"),
        (spoilt(["columns", 0, "scale"], ...), "expected an object with the names"),
        (spoilt(["columns", 0, "scale"], 0.0), "scale is 0.0; expected a number above 0"),
        (spoilt(["columns", 0, "scale"], float("nan")), "scale is nan; expected a finite number"),
        (spoilt(["columns", 0, "shift"], "60"), "shift is '60'; expected a finite number"),
        (spoilt(["columns", 0, "shift"], True), "shift is True"),
        (spoilt(["columns", 0, "fill"], float("inf")), "fill is inf"),
        (spoilt(["columns", 0, "name"], 3), "the name of a column is 3; expected text"),
        (spoilt(["columns", 0, "name"], "y"), "all names different"),
        (spoilt(["columns", 0, "name"], "kind"), "all names different"),
        (spoilt(["columns", 1, "categories"], []), "expected at least 1 different values of type str"),
        (spoilt(["columns", 1, "categories"], ["b", "a"]), "sorted"),
        (spoilt(["columns", 1, "categories"], ["a", "a"]), "different values"),
        (spoilt(["columns", 1, "categories"], ["a", 1]), "of type str"),
        (spoilt(["columns", 1, "categories"], "ab"), "of type str"),
        (spoilt(["columns", 1, "unseen"], "guess"), "unseen is 'guess'"),
        (spoilt(["columns", 1, "unseen"], ["error"]), "unseen is"),
        (spoilt(["target", "kind"], "text"), "expected an object with a kind, one of"),
        (spoilt(["target", "classes"], [1]), "expected at least 2 different values of type str or int"),
        (spoilt(["target", "classes"], [1, "a"]), "of type str or int"),
        (spoilt(["target", "classes"], [False, True]), "of type str or int"),
        (spoilt(["target", "classes"], [[1], [2]]), "of type str or int"),
        (spoilt(["target", "classes"], [0, 2**70]), "of type str or int"),
        (spoilt(["target", "name"], ""), "the name of the target is ''"),
        (spoilt(["image_shape"], [2, 2]), "image_shape .2, 2. and 3 features"),
        (spoilt(["image_shape"], [1.0, 3.0]), "image_shape"),
        (spoilt(["image_shape"], []), "image_shape"),
        (spoilt(["image_shape"], "no"), "image_shape is 'no'; expected a list"),
    ],
)
def test_a_foreign_or_damaged_record_is_refused(record, message):
    with pytest.raises(ValueError, match="^not a saved preparation, or a damaged one: .*" + message):
        Preparation.from_json(record)
