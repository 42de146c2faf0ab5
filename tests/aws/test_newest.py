from longcode.aws.newest import Newest


def test_the_oldest_entry_is_forgotten_and_one_that_is_written_again_is_new() -> None:
    newest: Newest[str, int] = Newest(2)

    for key in ("a", "b", "a", "c"):
        newest.keep(key, 1)

    assert list(newest) == ["a", "c"]
