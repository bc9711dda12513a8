"""What a machine has and what to set: processors that were made up, and the one that runs the tests."""

import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

import chainrule
from chainrule.measuring import advice as advising
from chainrule.measuring import rates as measuring
from chainrule.measuring.advice import Advice, advise, try_out, worth_it
from chainrule.measuring.libraries import Blas, described
from chainrule.measuring.processor import Processor, cores_of_quota, read_processor, usable_cores
from chainrule.measuring.rates import Rates, seconds
from chainrule.measuring.record import Machine

AVX512 = "avx avx2 avx512f avx512dq avx512cd avx512bw avx512vl"
RATES = Rates(
    {"float32": {64: 50.0, 1024: 200.0}, "float64": {64: 30.0, 1024: 100.0}},
    10.0,
    12.0,
    {32 * 1024: 90.0, 100 * 2**20: 15.0},
)


def cpuinfo(vendor="AuthenticAMD", family=26, flags=AVX512):
    one = (
        f"processor\t: 0\nvendor_id\t: {vendor}\ncpu family\t: {family}\nmodel name\t: Some: CPU\nflags\t\t: {flags}\n"
    )
    return f"{one}\n{one}"


ZEN5 = read_processor(cpuinfo())
ZEN4 = read_processor(cpuinfo(family=25))
INTEL = read_processor(cpuinfo("GenuineIntel", 6))
OLD = read_processor(cpuinfo(family=23, flags="avx avx2"))


def settings(*arguments):
    return [(advice.variable, advice.value) for advice in advise(*arguments)]


# -- processors


def test_a_processor_is_read_from_cpuinfo():
    assert ("Some: CPU", "AuthenticAMD", "26") == (ZEN5.name, ZEN5.vendor, ZEN5.family)
    assert ("avx512f", True) == (ZEN5.vectors, ZEN5.has_avx512)
    assert ("avx2", False) == (OLD.vectors, OLD.has_avx512)


def test_without_cpuinfo_there_is_still_a_processor():
    processor = read_processor("")

    assert (frozenset(), "", False) == (processor.flags, processor.vectors, processor.has_avx512)


@pytest.mark.parametrize(
    ("text", "cores"), [("", None), ("max 100000", None), ("250000 100000", 3), ("1 0", None), ("1000 100000", 1)]
)
def test_a_quota_is_rounded_up_to_cores(text, cores):
    assert cores == cores_of_quota(text)


def test_there_is_a_core():
    assert usable_cores() >= 1


# -- libraries


def test_numpys_own_library_counts_and_not_scipys():
    loaded = [
        {"user_api": "openmp", "internal_api": "openmp", "num_threads": 8},
        {"user_api": "blas", "internal_api": "openblas", "filepath": "scipy.libs/b.so", "architecture": "Zen"},
        {
            "user_api": "blas",
            "internal_api": "openblas",
            "filepath": "numpy.libs/b.so",
            "architecture": "Haswell",
            "version": "0.3",
            "num_threads": 2,
        },
    ]

    assert Blas("openblas", "0.3", "Haswell", 2) == described(loaded, {})


def test_without_threadpoolctl_the_build_says_what_there_is():
    built = {"Build Dependencies": {"blas": {"name": "scipy-openblas", "version": "0.3"}}}

    assert Blas("scipy-openblas", "0.3") == described([], built)
    assert Blas("scipy-openblas", "0.3").is_openblas
    assert Blas("unknown") == described([], {})


# -- advice


@pytest.mark.parametrize("processor", [ZEN5, INTEL], ids=["Zen 5", "Intel"])
def test_avx2_kernels_on_a_processor_with_avx512_are_seen(processor):
    blas = Blas("openblas", "0.3", "Haswell", 2)

    assert [("OPENBLAS_CORETYPE", "SkylakeX")] == settings(processor, 2, blas, {})
    assert "Haswell kernels, though this processor has AVX-512" in str(advise(processor, 2, blas, {})[0])


def test_where_nobody_says_the_kernels_the_processor_decides():
    assert [("OPENBLAS_CORETYPE", "SkylakeX")] == settings(ZEN5, 2, Blas("scipy-openblas"), {})
    assert [] == settings(INTEL, 2, Blas("scipy-openblas"), {})


@pytest.mark.parametrize(
    ("processor", "blas"),
    [
        (ZEN5, Blas("openblas", "0.3", "SkylakeX", 2)),
        (ZEN5, Blas("mkl", "2024", "", 2)),
        (OLD, Blas("openblas", "0.3", "Haswell", 2)),
        (ZEN4, Blas("openblas", "0.3", "Haswell", 2)),  # measured: equally fast
        (Processor("arm"), Blas("openblas", "0.3", "neoversen1", 2)),
        (Processor("arm"), Blas("accelerate")),
    ],
)
def test_nothing_is_advised_where_nothing_helps(processor, blas):
    assert [] == settings(processor, 2, blas, {})


def test_more_threads_than_cores_are_seen():
    assert [("OPENBLAS_NUM_THREADS", "2")] == settings(INTEL, 2, Blas("openblas", "", "SkylakeX", 16), {})
    assert [("MKL_NUM_THREADS", "2")] == settings(INTEL, 2, Blas("mkl", "", "", 16), {})


def test_fewer_threads_than_cores_are_seen_where_a_variable_asks_for_them():
    blas = Blas("openblas", "", "SkylakeX", 1)

    assert [("OPENBLAS_NUM_THREADS", "4")] == settings(INTEL, 4, blas, {"OMP_NUM_THREADS": "1"})
    assert [] == settings(INTEL, 4, blas, {})


def test_a_numpy_without_a_fast_library_is_seen():
    (advice,) = advise(INTEL, 2, Blas("none"), {})

    assert str(advice).startswith("NumPy was built with none, which is several times as slow as OpenBLAS.")


def test_advice_is_tried_in_processes_with_and_without_the_variable(monkeypatch):
    found = {"": {"float32": 100.0, "float64": 50.0}, "OPENBLAS_CORETYPE": {"float32": 190.0, "float64": 80.0}}
    monkeypatch.setattr(advising, "_product_rates", lambda setting: found["".join(setting)])
    tried = try_out(Advice("OPENBLAS_CORETYPE", "SkylakeX", "Slow kernels."))

    assert 1.9 == tried.ratio
    assert "100 to 190 GF/s in float32, 50 to 80 GF/s in float64, 1.90 times as fast in float32" in str(tried)
    assert worth_it(tried)
    assert not worth_it(replace(tried, ratio=1.01))


def test_advice_that_cannot_be_tried_stays(monkeypatch):
    monkeypatch.setattr(advising, "_product_rates", lambda setting: None)
    tried = try_out(Advice("OPENBLAS_CORETYPE", "SkylakeX", "Slow kernels."))

    assert (None, True) == (tried.ratio, worth_it(tried))
    assert str(tried).endswith("It could not be tried here.")


def test_the_process_that_tries_gives_a_rate_for_each_dtype(monkeypatch):
    monkeypatch.setattr(advising, "_TRIED", 32)
    found = advising._product_rates({"OPENBLAS_NUM_THREADS": "1"})

    assert {"float32", "float64"} == set(found)
    assert all(rate > 0 for rate in found.values())


# -- rates


def test_small_arrays_are_held_against_the_caches():
    assert [90e9, 90e9, 15e9, 15e9] == [RATES.movement(size) for size in (0, 32 * 1024, 32 * 1024 + 1, 10**12)]


def test_a_call_needs_its_arithmetic_or_its_bytes():
    assert 1.0 == RATES.needed(200 * 10**9, 10, "float32")
    assert 2.0 == RATES.needed(200 * 10**9, 10, "float64")
    assert 2.0 == RATES.needed(200 * 10**9, 10, "int64")
    assert 1.0 == RATES.needed(1, 15 * 10**9, "float32")


def test_a_call_that_is_timed_is_made():
    made = []

    assert seconds(lambda: made.append(1), runs=3) >= 0
    assert len(made) >= 5


@pytest.fixture
def made_up(monkeypatch):
    """A machine whose rates are made up, and what was asked of it."""
    asked = []

    def product_rate(n, dtype, *_):
        asked.append((dtype, n))
        return {"float32": 1000.0, "float64": 50.0}[dtype]

    def adding_rate(held, *_):
        asked.append(held)
        return 1e6 / held

    monkeypatch.setattr(measuring, "product_rate", product_rate)
    monkeypatch.setattr(measuring, "_adding_rate", adding_rate)
    monkeypatch.setattr(measuring, "_beyond_the_caches", lambda: 2**26)
    for cached in (measuring._roof_of_products, measuring._roof_of_moving):
        cached.cache_clear()
    yield asked
    for cached in (measuring._roof_of_products, measuring._roof_of_moving):
        cached.cache_clear()


def test_a_roof_leaves_out_products_that_take_long(made_up):
    # At 50 GF/s a product of 1024 x 1024 matrices takes 43 milliseconds.
    rates = measuring.roof(100)

    assert ([64, 256, 1024], [64, 256]) == tuple(list(rates.products[dtype]) for dtype in ("float32", "float64"))


def test_a_roof_looks_at_main_memory_where_a_call_needs_it_and_at_everything_once(made_up):
    small, large = measuring.roof(2**24), measuring.roof(2**24 + 1)

    assert (2**24, 3 * 2**26) == (max(small.adding), max(large.adding))
    assert len(made_up) == len(set(made_up)) == 5 + 5
    assert (None, None) == (small.copy, small.triad)
    assert None is json.loads(json.dumps(small.as_dict()))["copy"]


# -- the record


def test_this_machine_prints_itself_and_is_json():
    found = chainrule.machine()
    labels = [line.split()[0] for line in str(found).splitlines()]

    assert ["processor", "cores", "memory", "python", "simd", "blas", "kernels", "threads"] == labels[:8]
    assert found.rates is None
    assert np.__version__ == json.loads(json.dumps(found.as_dict()))["versions"]["numpy"]


def test_rates_and_advice_are_printed():
    advice = advise(ZEN5, 2, Blas("openblas", "0.3", "Haswell", 2), {})
    versions = {"python": "3.11", "numpy": "2.4"}
    found = Machine(ZEN5, 2, 2**34, Blas("openblas", "0.3", "Haswell", 2), ("AVX2",), versions, RATES, advice)

    assert "memory            16.0 GiB" in str(found)
    assert "float32 products  50.0 GF/s at 64 x 64, 200.0 GF/s at 1024 x 1024" in str(found)
    assert "memory moves      copy 10.0 GB/s, triad 12.0 GB/s" in str(found)
    assert "a = b + c         90.0 GB/s in 32 KiB, 15.0 GB/s in 100 MiB" in str(found)
    assert "advice            set OPENBLAS_CORETYPE=SkylakeX: OpenBLAS uses its Haswell kernels" in str(found)
    assert 200.0 == json.loads(json.dumps(found.as_dict()))["rates"]["products"]["float32"]["1024"]


def test_looking_at_the_machine_is_not_done_on_import():
    names = ["threadpoolctl", "chainrule_start", "chainrule.measuring.record", "chainrule.compiling.cost"]
    statement = f"import chainrule, sys; print([name for name in {names} if name in sys.modules])"
    shown = subprocess.run([sys.executable, "-c", statement], capture_output=True, text=True, check=True).stdout

    assert "[]" == shown.strip()
