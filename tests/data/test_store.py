"""Where files are looked for, and that fetching leaves right files or none. Mirrors are on this machine."""

import logging

import platformdirs
import pooch
import pytest
import requests

from chainrule.data import housing, mnist
from chainrule.data.fetching import SECONDS, fetch_files
from chainrule.data.sources import SOURCES, source
from chainrule.data.store import cache_folder, fetch, find, locate
from mirrors import serving, source_of
from real_data import MNIST_FILES

CONTENTS = {"a.gz": b"first " * 40_000, "b.gz": b"second " * 9}


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """An empty cache of our own, no CHAINRULE_DATA, and no proxy between us and our mirrors."""
    monkeypatch.setattr(pooch, "os_cache", lambda name: tmp_path / "caches" / name)
    monkeypatch.delenv("CHAINRULE_DATA", raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return tmp_path / "caches" / "chainrule"


@pytest.fixture
def server():
    with serving(CONTENTS) as running:
        yield running


@pytest.fixture
def letters(server, monkeypatch):
    """Register a dataset "letters" with these mirrors of the server, in this order."""

    def register(*kinds):
        made = source_of("letters", CONTENTS, *(f"{server.url}/{kind}" for kind in kinds))
        monkeypatch.setitem(SOURCES, "letters", made)
        return made

    return register


def contents(folder):
    """Everything below the folder: name -> bytes, None for a folder."""
    return {path.name: path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}


# ----------------------------------------------------------------------------------------- the registry


@pytest.mark.parametrize("name", ["mnist", "housing"])
def test_every_registered_file_is_known_to_the_byte_and_has_two_https_mirrors(name):
    files = source(name).files

    assert name == source(name).name
    for file in files:
        assert 64 == len(bytes.fromhex(file.sha256)) * 2
        assert file.size > 0
        assert len(set(file.mirrors)) >= 2
        for mirror in file.mirrors:
            assert mirror.startswith("https://")
            assert mirror.endswith("/" + file.name)


def test_mnist_has_the_files_of_its_authors():
    assert set(MNIST_FILES) == {file.name for file in source("mnist").files}
    assert 11_594_722 == source("mnist").size


def test_an_unknown_dataset_is_named_with_the_nearest():
    with pytest.raises(ValueError, match=r"no dataset 'mnits'; there are 'mnist', 'housing'. Did you mean 'mnist'\?"):
        locate("mnits")


# ------------------------------------------------------------------------------------------- looking


def test_the_cache_is_where_the_system_keeps_such_things(monkeypatch):
    monkeypatch.undo()

    assert platformdirs.user_cache_dir("chainrule") == str(cache_folder())


def test_nothing_is_fetched_without_leave(letters, server, cache):
    letters("good")

    with pytest.raises(FileNotFoundError) as caught:
        locate("letters")

    assert (
        f"a.gz of the dataset letters is neither in CHAINRULE_DATA (not set) nor in {cache} (cache). "
        "Run `chainrule data fetch letters`, or set CHAINRULE_DATA to a folder that has the files."
    ) == str(caught.value)
    assert [] == server.asked
    assert not cache.exists()


@pytest.mark.parametrize("load", [mnist, housing])
def test_loaders_do_not_fetch_by_themselves(load, monkeypatch):
    monkeypatch.setattr(requests, "get", None)

    with pytest.raises(FileNotFoundError, match="Run `chainrule data fetch"):
        load()


def test_an_empty_variable_is_not_set(letters, monkeypatch):
    letters("good")
    monkeypatch.setenv("CHAINRULE_DATA", "")

    with pytest.raises(FileNotFoundError, match=r"CHAINRULE_DATA \(not set\)"):
        locate("letters")


def test_the_folder_of_the_variable_comes_first(letters, cache, monkeypatch, tmp_path):
    letters("good")
    own = tmp_path / "own"
    for folder in (own, cache):
        folder.mkdir(parents=True)
        for name, content in CONTENTS.items():
            (folder / name).write_bytes(content)
    monkeypatch.setenv("CHAINRULE_DATA", str(own))

    assert {name: own / name for name in CONTENTS} == locate("letters")


def test_a_folder_with_other_things_leaves_it_to_the_cache(letters, cache, monkeypatch, tmp_path):
    letters("good")
    (tmp_path / "other.csv").write_text("a\n1\n")
    monkeypatch.setenv("CHAINRULE_DATA", str(tmp_path))

    with pytest.raises(FileNotFoundError, match=rf"neither in {tmp_path} \(CHAINRULE_DATA\) nor in {cache} \(cache\)"):
        locate("letters")

    assert {name: cache / name for name in CONTENTS} == locate("letters", download=True)


@pytest.mark.parametrize("name", ["nowhere", "file"])
@pytest.mark.parametrize("download", [False, True])
def test_a_variable_that_names_no_folder_is_an_error(letters, server, monkeypatch, tmp_path, name, download):
    letters("good")
    (tmp_path / "file").touch()
    monkeypatch.setenv("CHAINRULE_DATA", str(tmp_path / name))

    with pytest.raises(FileNotFoundError, match=rf"CHAINRULE_DATA names {tmp_path / name}, which is no folder"):
        locate("letters", download=download)

    assert [] == server.asked


def test_some_of_the_files_are_not_completed_from_elsewhere(letters, server, monkeypatch, tmp_path):
    letters("good")
    (tmp_path / "b.gz").write_bytes(b"of another version")
    monkeypatch.setenv("CHAINRULE_DATA", str(tmp_path))

    with pytest.raises(FileNotFoundError, match=r"has 1 of the 2 files of letters; a.gz is missing. Put it there too"):
        locate("letters", download=True)

    assert [] == server.asked


def test_files_of_ones_own_may_be_others_and_unpacked(letters, monkeypatch, tmp_path):
    letters("good")
    (tmp_path / "a").write_bytes(b"unpacked")
    (tmp_path / "b.gz").write_bytes(b"of another version")
    (tmp_path / "b").write_bytes(b"beside it")
    monkeypatch.setenv("CHAINRULE_DATA", str(tmp_path))

    assert {"a.gz": tmp_path / "a", "b.gz": tmp_path / "b.gz"} == locate("letters")


@pytest.mark.parametrize("content", [b"", b"first " * 39_999, b"First " * 40_000])
def test_a_damaged_file_of_the_cache_is_an_error_until_it_is_fetched_again(letters, cache, content):
    wanted = letters("good")
    fetch(wanted)
    (cache / "a.gz").write_bytes(content)

    with pytest.raises(ValueError, match=r"a\.gz does not have the checksum.*chainrule data fetch letters --force"):
        locate("letters")
    assert (("a.gz",), ()) == (find(wanted).damaged, find(wanted).missing)

    fetch(wanted)
    assert CONTENTS == contents(cache)


# ------------------------------------------------------------------------------------------ fetching


def test_files_are_fetched_once(letters, server, cache):
    letters("good")

    first, second = locate("letters", download=True), locate("letters", download=True)

    assert CONTENTS == contents(cache)
    assert {name: cache / name for name in CONTENTS} == first == second == locate("letters")
    assert ["/good/a.gz", "/good/b.gz"] == server.asked


def test_what_is_there_already_is_not_fetched(letters, server, cache):
    wanted = letters("good")
    cache.mkdir(parents=True)
    (cache / "a.gz").write_bytes(CONTENTS["a.gz"])

    fetch(wanted)

    assert ["/good/b.gz"] == server.asked


def test_force_fetches_everything_again(letters, server):
    wanted = letters("good")
    fetch(wanted)
    fetch(wanted, force=True)

    assert 4 == len(server.asked)


@pytest.mark.parametrize("bad", ["nothing", "wrong", "cut"])
def test_the_second_mirror_serves_when_the_first_one_fails(letters, server, cache, bad):
    letters(bad, "good")

    locate("letters", download=True)

    assert CONTENTS == contents(cache)
    assert [f"/{bad}/a.gz", "/good/a.gz", f"/{bad}/b.gz", "/good/b.gz"] == server.asked


@pytest.mark.parametrize(
    ("kinds", "reasons"),
    [
        (["nothing"], ["HTTP status 404"]),
        (["wrong", "wrong"], ["what it sent has another checksum"] * 2),
        (["nothing", "wrong"], ["HTTP status 404", "what it sent has another checksum"]),
    ],
)
def test_when_all_mirrors_fail_each_reason_is_told_and_nothing_is_left(letters, server, cache, kinds, reasons):
    letters(*kinds)
    host = server.url.removeprefix("http://")

    with pytest.raises(OSError, match=r"^a\.gz could not be fetched") as caught:
        locate("letters", download=True)

    assert (
        f"a.gz could not be fetched ({'; '.join(f'{host}: {reason}' for reason in reasons)}). Try again later, or "
        f"download it by hand from {server.url}/{kinds[0]}/a.gz, put it into a folder, and set CHAINRULE_DATA to "
        "that folder."
    ) == str(caught.value)
    assert {} == contents(cache)


def test_a_connection_that_is_cut_at_every_mirror_leaves_nothing(letters, cache):
    wanted = letters("cut", "cut")
    # urllib3 before version 2 takes what has come for all there is; then it is the checksum that tells.
    reason = r"127\.0\.0\.1:\d+: (the connection was cut|what it sent has another checksum)"

    with pytest.raises(OSError, match=rf"^a\.gz could not be fetched \({reason}; {reason}\)"):
        fetch(wanted)

    assert {} == contents(cache)


def test_a_server_that_is_not_there_has_no_connection(letters, server, cache):
    wanted = source_of("letters", CONTENTS, "http://127.0.0.1:1/good")  # port 1 is nobody's

    with pytest.raises(OSError, match=r"\(127\.0\.0\.1:1: no connection\)"):
        fetch(wanted)

    assert {} == contents(cache)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (requests.exceptions.ConnectTimeout(), f"no answer for {SECONDS} seconds"),
        (requests.exceptions.ReadTimeout(), f"no answer for {SECONDS} seconds"),
        (requests.exceptions.SSLError(), "its certificate was not accepted"),
        (requests.exceptions.ProxyError(), "the proxy did not let us through"),
        (requests.exceptions.ConnectionError(), "no connection"),
        (requests.exceptions.TooManyRedirects(), r"the request failed \(TooManyRedirects\)"),
    ],
)
def test_reasons_are_a_few_words(letters, monkeypatch, error, reason):
    wanted = letters("good")
    monkeypatch.setattr(requests, "get", lambda *_, **__: (_ for _ in ()).throw(error))

    with pytest.raises(OSError, match=rf"\(127\.0\.0\.1:\d+: {reason}\)\. Try again later"):
        fetch(wanted)


def test_a_file_that_came_before_a_failure_stays(letters, server, cache):
    wanted = letters("good")
    del server.contents["b.gz"]

    with pytest.raises(OSError, match=r"b\.gz could not be fetched"):
        fetch(wanted)

    assert {"a.gz": CONTENTS["a.gz"]} == contents(cache)


@pytest.mark.parametrize("force", [False, True])
def test_a_failure_leaves_what_was_there(letters, cache, force):
    cache.mkdir(parents=True)
    (cache / "a.gz").write_bytes(CONTENTS["a.gz"] if force else b"damaged")
    before = contents(cache)

    with pytest.raises(OSError, match="could not be fetched"):
        fetch(letters("cut"), force=force)

    assert before == contents(cache)


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit, MemoryError])
def test_ctrl_c_in_the_middle_leaves_nothing(letters, cache, monkeypatch, stop):
    wanted = letters("good")

    def stopped(self, url, output_file, *_):
        with open(output_file, "wb") as file:
            file.write(b"half of")
        raise stop

    monkeypatch.setattr(pooch.HTTPDownloader, "__call__", stopped)

    with pytest.raises(stop):
        fetch(wanted)

    assert {} == contents(cache)


def test_a_full_disk_is_no_fault_of_the_mirrors(letters, cache, monkeypatch):
    wanted = letters("good", "good")

    def full(self, *_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pooch.HTTPDownloader, "__call__", full)

    with pytest.raises(OSError, match=rf"^cannot write into {cache}: No space left on device\. Make room there"):
        fetch(wanted)

    assert {} == contents(cache)


def test_a_cache_that_cannot_be_made_is_an_error(letters, server, cache):
    wanted = letters("good")
    cache.parent.parent.mkdir(exist_ok=True)
    cache.parent.write_text("a file where a folder should be")

    with pytest.raises(OSError, match=rf"^cannot write into {cache}: Not a directory\. .*set CHAINRULE_DATA to it"):
        fetch(wanted)

    assert [] == server.asked


def test_fetching_says_nothing_where_there_is_no_terminal(letters, capfd):
    fetch(letters("nothing", "good"))

    assert ("", "") == capfd.readouterr()


def test_pooch_is_silent_only_while_it_works_for_us(letters, monkeypatch):
    said = []
    handler = logging.Handler()
    handler.emit = lambda record: said.append(record.getMessage())
    monkeypatch.setattr(pooch.get_logger(), "handlers", [handler])

    fetch(letters("nothing", "good"))
    pooch.get_logger().warning("heard")

    assert ["heard"] == said


def test_a_terminal_sees_a_bar_that_ends_full(letters, monkeypatch, capsys):
    wanted = letters("cut", "good")
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")

    fetch(wanted)

    shown, bar = capsys.readouterr()
    last = bar[bar.rindex("a.gz") :]
    assert "" == shown
    assert "240.0/240.0 kB" in last
    assert 1 == last.count("b.gz"), "the bars of mirrors that failed are gone"


def test_nothing_to_fetch_asks_nobody(server, cache):
    fetch_files([], cache)

    assert ([], {}) == (server.asked, contents(cache))


def test_the_test_mirrors_serve_what_they_say(server):
    assert CONTENTS["b.gz"] == requests.get(f"{server.url}/good/b.gz", timeout=5).content
    assert CONTENTS["b.gz"][::-1] == requests.get(f"{server.url}/wrong/b.gz", timeout=5).content
    with requests.get(f"{server.url}/nothing/b.gz", timeout=5) as response:
        assert 404 == response.status_code
    with requests.get(f"{server.url}/cut/b.gz", timeout=5, stream=True) as response:
        assert CONTENTS["b.gz"][:31] == response.raw.read(31)
        assert str(len(CONTENTS["b.gz"])) == response.headers["Content-Length"]
