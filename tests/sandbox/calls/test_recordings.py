"""Recordings: what is in the file is what the truth says, for every kind of call."""

import io
import random
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
import soundfile

from sandbox.calls.codec import LANGUAGES, listen
from sandbox.calls.phrases.translating import PHRASES, Sentence, find, translated
from sandbox.calls.poison import bomb
from sandbox.calls.recordings import Recording, Recordings, Style
from sandbox.calls.scripts import SCRIPTS, Script
from sandbox.calls.speaking import ROLES

VALUES = {"rep": "Ana Ruiz", "company": "Umbrella Labs", "phone": "+1 415 555 0132", "email": "a.b@c.example"}
VALUES["card"] = "4111 1111 1111 1111"


def texts(content: bytes, *, swapped: bool = False) -> dict[str, str]:
    samples, rate = soundfile.read(io.BytesIO(content), dtype="int16")
    roles = ROLES[::-1] if swapped else ROLES
    return {role: " ".join(each.word.text for each in listen(samples[:, n], rate)) for n, role in enumerate(roles)}


def check(recording: Recording) -> None:
    assert recording.texts is not None
    assert texts(recording.content, swapped=recording.swapped) == dict(recording.texts)


@pytest.mark.parametrize("kind", [*SCRIPTS, "silence", "truncated"])
def test_what_a_channel_holds_is_what_its_party_says(kind: str) -> None:
    recordings = Recordings(Style(seconds=6))
    for number in range(4):
        check(recordings.get(kind, number))


def test_on_one_channel_all_words_are_heard_but_those_that_were_said_at_once() -> None:
    recordings = Recordings(Style(seconds=0))
    lost = 0
    for number in range(12):
        recording = recordings.get("mono", number)
        samples, rate = soundfile.read(io.BytesIO(recording.marked(7)), dtype="int16")
        assert samples.ndim == 1
        heard = [each.word.text for each in listen(samples, rate)]
        assert " ".join(heard) == (recording.texts or {})["both"]
        spoken = [word for said in recording.said for word in said.turn.text.split()]
        at_once = any(after.start < before.end for before, after in pairwise(recording.said))
        assert at_once or heard == spoken
        assert Counter(heard) <= Counter(spoken)
        lost += len(spoken) - len(heard)
    assert lost


def test_recordings_may_be_flac_of_any_rate_and_length() -> None:
    recordings = [Recordings(Style(seconds=0, rate=0, wav_only=False)).get("talk", number) for number in range(8)]
    assert {recording.kind for recording in recordings} == {"audio/wav", "audio/flac"}
    for recording in recordings:
        check(recording)
        assert texts(recording.marked(99), swapped=recording.swapped) == dict(recording.texts or {})


def test_the_same_seed_gives_the_same_bytes() -> None:
    one, other, another = (Recordings(Style(seed)).get("talk", 3) for seed in (1, 1, 2))
    assert one == other
    assert one.content != another.content


def test_marked_recordings_sound_alike_and_no_two_of_them_are_the_same_on_either_channel() -> None:
    recording = Recordings(Style()).get("talk", 0)
    marked = [recording.marked(number) for number in (0, 1, 17, 4_000_000_000)]
    channels = [soundfile.read(io.BytesIO(content), dtype="int16")[0] for content in marked]
    assert all(texts(content, swapped=recording.swapped) == recording.texts for content in marked)
    for place in (0, 1):
        assert len({channel[:, place].tobytes() for channel in channels}) == len(marked)
    assert max(np.abs(channel[:800]).max() for channel in channels) <= 8


@pytest.mark.parametrize("kind", ["bad_header", "headless", "not_audio"])
def test_what_is_broken_cannot_be_read(kind: str) -> None:
    recording = Recordings(Style()).get(kind, 0)
    assert recording.texts is None
    with pytest.raises(soundfile.LibsndfileError):
        soundfile.read(io.BytesIO(recording.content))


def test_a_recording_without_samples_has_none() -> None:
    with soundfile.SoundFile(io.BytesIO(Recordings(Style()).get("no_samples", 0).content)) as file:
        assert file.frames == 0


def test_the_poison_is_small_and_twenty_hours_long() -> None:
    content = bomb()
    with soundfile.SoundFile(io.BytesIO(content)) as file:
        assert (file.samplerate, file.channels) == (8000, 2)
        assert 19 < file.frames / 8000 / 3600 < 21
        assert not file.read(200_000, dtype="int16").any()
        file.seek(file.frames - 10)
        assert len(file.read(100)) == 10
    assert len(content) < 200_000


def test_every_sentence_is_known_by_its_words_in_every_language() -> None:
    for phrase in PHRASES:
        for language in LANGUAGES:
            found = find(Sentence(phrase, VALUES).text(language))
            assert found is not None
            assert (found[0].phrase, found[1]) == (phrase, language)


def test_no_sentence_has_a_stop_inside_or_stands_twice() -> None:
    texts_of_all = [phrase.wordings[language] for phrase in PHRASES for language in LANGUAGES]
    assert len(set(texts_of_all)) == len(texts_of_all)
    for text in texts_of_all:
        assert text[-1] in ".?!"
        assert ". " not in text
        assert "? " not in text
        assert " ?" not in text


def test_a_conversation_is_translated_sentence_by_sentence() -> None:
    for number in range(20):
        turn = next(Script(random.Random(number)).talk())
        for language in LANGUAGES:
            assert translated(turn.text, language) == turn.translated(language)
