"""The numbers of a call follow from who spoke when."""

from hypothesis import given
from hypothesis import strategies as st

from nooks_dagster.calls.stages.talk import talk_of
from nooks_dagster.calls.submission import Role
from nooks_dagster.calls.transcript import Transcript, Utterance

REP, PROSPECT = Role.REP, Role.PROSPECT
Said = tuple[Role | None, int, int, str, str]


def transcript(*said: Said, ms: int = 60_000) -> Transcript:
    utterances = tuple(
        Utterance(seq=n, speaker=who, start_ms=start, end_ms=end, text=text, language=language)
        for n, (who, start, end, text, language) in enumerate(said)
    )
    return Transcript(call=1, model="m", language="en", duration_ms=ms, channels=2, utterances=utterances)


def test_who_spoke_how_long_and_when_nobody_did() -> None:
    talk = talk_of(
        transcript(
            (REP, 0, 10_000, "Hello there. How are you?", "en"),
            (PROSPECT, 9_000, 15_000, "Fine. ¿Y tú?", "es"),
            (REP, 20_000, 24_000, "Good!", "en"),
        )
    )
    assert (talk.rep_ms, talk.prospect_ms, talk.silence_ms) == (14_000, 6_000, 60_000 - 15_000 - 4_000)
    assert (talk.questions, talk.words, talk.languages) == (2, 9, {"en": 0.7, "es": 0.3})


def test_a_word_in_between_ends_no_monologue_and_a_pause_does() -> None:
    said: list[Said] = [
        (REP, 0, 5_000, "One", "en"),
        (PROSPECT, 4_000, 4_500, "Mhm", "en"),
        (REP, 6_000, 12_000, "two", "en"),
        (REP, 20_000, 25_000, "three", "en"),
    ]
    assert talk_of(transcript(*said)).longest_monologue_ms == 12_000


def test_short_sentences_that_follow_each_other_are_a_monologue() -> None:
    said: list[Said] = [(REP, 0, 500, "Hi", "en")]
    said += [(PROSPECT, start, start + 600, "Yes.", "en") for start in (600, 1_300, 2_000, 2_700)]
    assert talk_of(transcript(*said)).longest_monologue_ms == 2_700


def test_an_interruption_takes_the_floor() -> None:
    takes: Said = (PROSPECT, 3_000, 8_000, "No, listen", "en")
    agrees: Said = (PROSPECT, 3_000, 3_400, "Yes", "en")
    ends: Said = (PROSPECT, 4_900, 8_000, "Right", "en")
    counts = [talk_of(transcript((REP, 0, 5_000, "So", "en"), other)).interruptions for other in (takes, agrees, ends)]
    assert counts == [1, 0, 0]


def test_where_the_recording_does_not_tell_who_spoke_nothing_is_said_of_roles() -> None:
    talk = talk_of(transcript((None, 0, 5_000, "你好吗\uff1f", "zh")))
    assert (talk.rep_ms, talk.longest_monologue_ms, talk.interruptions) == (None, None, None)
    assert (talk.silence_ms, talk.words, talk.questions) == (55_000, 3, 1)


moments = st.tuples(st.sampled_from(Role), st.integers(0, 50_000), st.integers(0, 10_000))


@given(st.lists(moments, max_size=12))
def test_times_add_up(spoken: list[tuple[Role, int, int]]) -> None:
    talk = talk_of(transcript(*((who, start, start + ms, "word", "en") for who, start, ms in spoken)))
    rep, prospect = talk.rep_ms or 0, talk.prospect_ms or 0
    assert max(rep, prospect) <= 60_000 - talk.silence_ms <= rep + prospect
    assert (talk.longest_monologue_ms or 0) <= 60_000
    assert not spoken or abs(sum(talk.languages.values()) - 1) < 0.01
