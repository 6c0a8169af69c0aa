"""Learn my digits: a hand that leans far is learned, nothing is forgotten, and nothing flatters the estimate."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from engine import blas
from engine.datasets.dataset import Dataset
from engine.datasets.split import split
from engine.errors import DataError, ModelFileError
from engine.ink.drawing import image_of
from engine.ink.spec import InkSpec
from engine.judge import Judge
from engine.layers import BatchNormSpec, Conv2DSpec, DenseSpec
from engine.model import Model, TrainingRecord
from engine.network import Network
from engine.optimizers import Adam
from engine.pen.drawn import Drawn
from engine.pen.hands import MANNERS, draw_digit
from engine.score import Score
from engine.specs import NetworkSpec, RunSpec, TrainingSpec
from engine.teaching import teach as teaching
from engine.teaching import teacher as teaching_teacher
from engine.teaching.files import forget_taught, keep_taught, load_taught, restore_taught, taught_path
from engine.teaching.head import Head
from engine.teaching.images import labels_of, variants
from engine.teaching.plan import GivenUpError, Plan
from engine.teaching.record import already_taught
from engine.teaching.teach import AFFORDABLE, simulate, teach
from engine.training import train

TURNED = np.deg2rad(38)
STEPS = 110


@cache
def hand(count, seed=0):
    """Digits by somebody who writes one manner each, and turns the paper further than MNIST's writers ever did."""
    rng = np.random.default_rng([seed, 1])
    manner = {digit: MANNERS[digit][0] for digit in range(10)}
    turn = np.array([[np.cos(TURNED), -np.sin(TURNED)], [np.sin(TURNED), np.cos(TURNED)]])
    found = []
    for number in range(count):
        digit = number % 10
        strokes = draw_digit(digit, rng, manner[digit])
        turned = tuple(np.column_stack([points[:, :2] @ turn.T, points[:, 2]]) for points in strokes)
        found.append(Drawn(turned, digit, "somebody"))
    return tuple(found)


@pytest.fixture(scope="module", autouse=True)
def less_of_everything():
    """Make do with fewer variants and steps, so that all of this takes seconds."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(teaching, "STEPS", STEPS)
        patched.setattr(teaching_teacher, "MOST_VARIANTS", 6)
        yield


@pytest.fixture(scope="module")
def data(mnist: Dataset) -> Dataset:
    return Dataset(
        "mnist",
        "MNIST, a part",
        mnist.train_images[:3000],
        mnist.train_labels[:3000],
        mnist.test_images[:1000],
        mnist.test_labels[:1000],
    )


def trained(data: Dataset, epochs: int = 4, **settings) -> Model:
    training = TrainingSpec(optimizer=Adam(), learning_rate=0.004, batch_size=64, epochs=epochs, keep_best=False)
    run = RunSpec(network=NetworkSpec(**settings), training=training)
    network = Network(run.network, 0)
    for _ in train(network, split(data, 0.0, 0), training):
        pass
    record = TrainingRecord(dataset=data.title, steps=189, epochs=3, train_loss=0.1, validation_accuracy=0.5)
    judge = Judge(temperature=1.5)
    return Model(network.snapshot(189, 3), run, record, judge)


@pytest.fixture(scope="module")
def model(data: Dataset) -> Model:
    return trained(data, layers=(DenseSpec(units=48),))


@pytest.fixture(scope="module")
def taught(model: Model, data: Dataset) -> teaching.Taught:
    found = teach(model, hand(50), data)
    assert found is not None
    return found


# --- what is learned --------------------------------------------------------------------------------------


def test_five_samples_per_digit_halve_the_errors_and_nothing_is_forgotten(model, data, monkeypatch):
    monkeypatch.setattr(teaching, "STEPS", 300)
    monkeypatch.setattr(teaching_teacher, "MOST_VARIANTS", 12)
    found = simulate(model, hand(150), data, per_digit=5, seed=3)
    assert found.count == 100
    assert found.errors_before >= 20
    assert found.errors_after <= found.errors_before / 2
    assert found.mnist_after >= found.mnist_before - 0.02  # so few test images tell no more


def test_what_is_shown_holds_for_digits_drawn_later(model, data, taught):
    later = hand(200, seed=1)
    images = np.stack([image_of(drawn.strokes, model.run.ink) for drawn in later])
    labels = labels_of(later)
    before, after = (
        np.mean(Network.from_snapshot(m.network).predict(images).argmax(axis=1) == labels)
        for m in (model, taught.model)
    )
    assert after - before > 0.1
    assert taught.own_before.accuracy == pytest.approx(before, abs=0.15)
    # A third fewer were learned while measuring: rather too modest than too proud.
    assert taught.own_after.accuracy == pytest.approx(after, abs=0.15)
    assert set(taught.changed) == set(np.flatnonzero(taught.answers_before != taught.answers_after))


def test_scores_are_those_of_the_models(model, data, taught):
    for which, score in ((model, taught.mnist_before), (taught.model, taught.mnist_after)):
        answers = Network.from_snapshot(which.network).predict(data.test_images).argmax(axis=1)
        assert score == Score(
            title="MNIST, a part, test images", right=int((answers == data.test_labels).sum()), count=len(answers)
        )
    assert taught.mnist_change >= -0.02
    answers = Network.from_snapshot(model.network).predict(taught.images).argmax(axis=1)
    np.testing.assert_array_equal(taught.answers_before, answers)


def test_the_model_says_what_it_learned_and_the_old_one_is_as_it_was(model, data):
    before = model.network.parameters.copy()
    found = teach(model, hand(10), data)
    np.testing.assert_array_equal(model.network.parameters, before)
    record = found.model.record
    assert record.dataset == "MNIST, a part + 10 own digits"
    assert (already_taught(model), already_taught(found.model)) == (0, 10)
    assert record.test_accuracy == found.mnist_after.accuracy
    assert record.train_loss is None
    assert record.validation_accuracy is None
    assert record.steps == 189 + STEPS == found.model.network.step
    assert found.model.judge == model.judge
    assert found.model.run == model.run
    again = teach(model, hand(10), data)
    np.testing.assert_array_equal(again.model.network.parameters, found.model.network.parameters)
    more = teach(found.model, hand(5), data)
    assert more.model.record.dataset == "MNIST, a part + 5 own digits"
    assert "had learned 10 of your digits before, which flatters" in more.method
    trained_on = record.model_copy(update={"dataset": "MNIST, a part"})
    later = teach(replace(found.model, record=trained_on), hand(5), data)
    assert "had learned some of your digits before, which flatters" in later.method


@pytest.mark.parametrize("own", ["one class", "an image", "a dot"])
def test_any_digits_will_do(model, data, own):
    if own == "one class":
        digits = [drawn for drawn in hand(50) if drawn.label == 4]
    elif own == "an image":
        digits = [(data.test_images[row], int(data.test_labels[row])) for row in range(6)]
    else:
        digits = [*hand(10), Drawn((np.zeros((1, 3)),), 1)]
    found = teach(model, digits, data)
    assert found.own_after.count == len(digits)
    assert np.isfinite(found.model.network.parameters).all()


# --- what may not be taught on ----------------------------------------------------------------------------


def test_random_labels_do_not_improve_the_estimate(model, data, monkeypatch):
    monkeypatch.setattr(teaching, "STEPS", 300)
    after, before, learned = [], [], []
    for seed in range(2):
        rng = np.random.default_rng(seed)
        digits = [replace(drawn, label=int(rng.integers(10))) for drawn in hand(12, seed)]
        found = teach(model, digits, data)
        answers = Network.from_snapshot(found.model.network).predict(found.images).argmax(axis=1)
        learned.append(np.mean(answers == found.labels))
        before.append(found.own_before.accuracy)
        after.append(found.own_after.accuracy)
    # It knows by heart what it was taught, and that is not what is shown.
    assert np.mean(learned) > np.mean(after) + 0.3
    assert np.mean(after) <= max(np.mean(before), 0.1) + 0.05


@pytest.mark.parametrize("count", [5, 9, 10, 23])
def test_no_digit_is_read_by_a_network_that_learned_it(model, data, monkeypatch, count):
    learned, read = [], []
    learn, answers = Head.learn, teaching_teacher.Teacher._answers

    def watched_learn(self, lesson, rows, *rest):
        learned.append(set(rows.tolist()))
        return learn(self, lesson, rows, 2, *rest[1:])

    def watched_answers(self, rows, state):
        if learned:
            read.append(set(rows.tolist()))
        return answers(self, rows, state)

    monkeypatch.setattr(Head, "learn", watched_learn)
    monkeypatch.setattr(teaching_teacher.Teacher, "_answers", watched_answers)
    found = teach(model, hand(count), data)
    everything = set(range(count))
    assert len(read) == (count if count < 10 else 3)
    assert all(not part & held for part, held in zip(learned, read, strict=False))
    assert set.union(*read) == everything
    assert sum(map(len, read)) == count
    assert learned[-1] == everything
    assert ("each digit" if count < 10 else "each of 3 parts") in found.method


def test_every_part_has_its_share_of_every_digit():
    labels = np.repeat(np.arange(10, dtype=np.uint8), 6)
    parts = teaching._folds(labels, seed=1)
    for part in range(3):
        assert np.bincount(labels[parts == part]).tolist() == [2] * 10


def test_learning_starts_anew_each_time(model, data):
    head = Head(model)
    lesson = teaching_teacher.Teacher(model, hand(20), labels_of(hand(20)), data, 0, (None, lambda: False, 8)).lesson
    first = head.learn(lesson, np.arange(10), 4, 0, lambda: None)
    head.learn(lesson, np.arange(10, 20), 4, 0, lambda: None)
    again = head.learn(lesson, np.arange(10), 4, 0, lambda: None)
    for one, other in zip(first, again, strict=True):
        np.testing.assert_array_equal(one, other)


# --- networks ---------------------------------------------------------------------------------------------


def test_only_the_last_layers_of_a_convolutional_network_learn(data):
    layers = (
        Conv2DSpec(filters=4, kernel=5, stride=2),
        BatchNormSpec(),
        DenseSpec(units=24, dropout=0.1),
        BatchNormSpec(),
    )
    model = trained(data, epochs=1, layers=layers)
    found = teach(model, hand(20), data)
    before, after = (Network.from_snapshot(m.network).named_parameters() for m in (model, found.model))
    moved = {name for name, array in before.items() if not np.array_equal(array, after[name])}
    assert moved == {
        "dense_1.weights",
        "dense_1.bias",
        "dense_2.weights",
        "dense_2.bias",
        "batch_norm_2.gamma",
        "batch_norm_2.beta",
    }
    answers = Network.from_snapshot(model.network).predict(found.images).argmax(axis=1)
    np.testing.assert_array_equal(found.answers_before, answers)


@pytest.mark.parametrize(
    ("layers", "first"),
    [((), 0), ((DenseSpec(units=350),), 0), ((DenseSpec(units=600), DenseSpec(units=20)), 1)],
)
def test_no_more_layers_learn_than_there_is_time_for(layers, first):
    run = RunSpec(network=NetworkSpec(layers=layers))
    head = Head(Model(Network(run.network).snapshot(), run))
    assert head.width == (784 if not first else layers[first - 1].units)


def test_outputs_need_not_be_shares(data):
    run = RunSpec(
        network=NetworkSpec(layers=(DenseSpec(units=32),), output_activation="relu", dtype="float64"),
        training=TrainingSpec(loss="mse", learning_rate=0.01, batch_size=16, epochs=2, keep_best=False),
    )
    network = Network(run.network, 1)
    for _ in train(network, split(data, 0.0, 0), run.training):
        pass
    found = teach(Model(network.snapshot(), run), hand(50), data)
    assert found.own_after.right > found.own_before.right
    assert found.mnist_change > -0.02


def test_a_network_whose_numbers_grew_is_refused(model, data):
    broken = model.network.parameters.copy()
    broken[-1] = np.nan
    with pytest.raises(DataError, match="grew without end"):
        teach(replace(model, network=replace(model.network, parameters=broken)), hand(10), data)


# --- watching and giving up -------------------------------------------------------------------------------


def test_it_can_be_given_up_at_any_moment(model, data, monkeypatch):
    monkeypatch.setattr(teaching, "STEPS", 10)
    asked = [0]

    def count():
        asked[0] += 1
        return False

    before = model.network.parameters.copy()
    assert teach(model, hand(10), data, cancelled=count) is not None
    for moment in np.linspace(1, asked[0], 7).astype(int):
        left = iter(range(moment - 1))
        assert teach(model, hand(10), data, cancelled=lambda left=left: next(left, None) is None) is None
        assert {library["threads"] for library in blas.libraries()} == {1}
    np.testing.assert_array_equal(model.network.parameters, before)


def test_progress_is_told_in_sentences_and_numbers(model, data):
    told = []
    teach(model, hand(30), data, progress=told.append)
    sentences = [news for news in told if isinstance(news, str)]
    shares = [news for news in told if isinstance(news, float)]
    assert sentences[2:] == [
        "Measuring: part 1 of 3 held back…",
        "Measuring: part 2 of 3 held back…",
        "Measuring: part 3 of 3 held back…",
        "Learning all of them…",
        "Reading the test images of MNIST, a part…",
    ]
    assert shares == sorted(shares)
    assert all(0 <= share <= 1 for share in shares)
    assert len(shares) >= 3


def test_a_plan_learns_what_things_cost():
    plan = Plan({"quick": 4, "slow": 4}, {"quick": 1.0, "slow": 1.0}, None, lambda: False)
    assert plan.share == pytest.approx(0, abs=0.01)
    plan.did("quick", 4)
    assert plan.to_come("quick") == 0
    assert plan.to_come("slow") == 4
    plan.did("slow", 2)
    assert plan.to_come("slow") < 1
    plan.did("slow", 2)
    assert plan.share == 1
    plan.expect("slow", 1000)
    assert plan.share == 1  # it never goes back
    with pytest.raises(GivenUpError):
        Plan({}, {}, None, lambda: True).say("…")


def test_a_busy_machine_takes_fewer_steps(model, data):
    hurried = teach(model, hand(20), data, within=0.0)
    assert hurried.model.record.steps - model.record.steps == teaching_teacher.LEAST_STEPS
    assert hurried.own_after.right > hurried.own_before.right
    easy = teach(model, hand(10), data, within=1000.0)
    assert easy.model.record.steps - model.record.steps == STEPS


# --- what is refused --------------------------------------------------------------------------------------


def test_too_few_digits_and_digits_without_label_are_refused(model, data):
    with pytest.raises(DataError, match="There are 4 digits to learn from; at least 5"):
        teach(model, hand(10)[:4], data)
    with pytest.raises(DataError, match="Nobody has said"):
        teach(model, [*hand(10), Drawn(hand(10)[0].strokes)], data)
    with pytest.raises(DataError, match=r"28×28 bytes; this one is of \(3, 3\)"):
        teach(model, [(np.zeros((3, 3), np.uint8), 1)] * 5, data)


def test_of_very_many_digits_a_part_is_learned(model, data, monkeypatch):
    monkeypatch.setattr(teaching, "MOST_IMAGES", 12)
    found = teach(model, hand(50), data)
    assert len(found.labels) == 12
    assert already_taught(found.model) == 12


def test_it_is_worth_it_only_if_something_is_gained_at_a_fair_price(taught):
    before, least = (Score(title="MNIST", right=right, count=10_000) for right in (9900, 9900 - int(1e4 * AFFORDABLE)))
    cheap = replace(taught, mnist_before=before, mnist_after=least)
    assert cheap.worth_it
    assert not replace(cheap, mnist_after=least.model_copy(update={"right": least.right - 1})).worth_it
    assert not replace(cheap, answers_after=taught.answers_before).worth_it


# --- variants ---------------------------------------------------------------------------------------------


def test_the_first_variant_is_the_drawing_itself(data):
    ink = InkSpec(line_width=3)
    drawn = hand(10)[7]
    made = variants(drawn, ink, 9, np.random.default_rng(0))
    assert made.shape == (9, 28, 28)
    assert made.dtype == np.uint8
    np.testing.assert_array_equal(made[0], image_of(drawn.strokes, ink))
    assert len({image.tobytes() for image in made}) == 9
    assert made.reshape(9, -1).sum(axis=1).min() > 0.5 * made[0].sum()
    np.testing.assert_array_equal(made, variants(drawn, ink, 9, np.random.default_rng(0)))
    assert len(variants(drawn, ink, 1, np.random.default_rng(0))) == 1
    image = data.test_images[0]
    np.testing.assert_array_equal(variants((image, 7), ink, 4, np.random.default_rng(0))[0], image)


# --- files ------------------------------------------------------------------------------------------------


def test_what_was_taught_is_kept_forgotten_and_brought_back(model, taught):
    assert load_taught() is None
    assert not forget_taught()
    assert keep_taught(taught.model) == taught_path()
    np.testing.assert_array_equal(load_taught().network.parameters, taught.model.network.parameters)
    assert forget_taught()
    assert load_taught() is None
    assert restore_taught()
    assert already_taught(load_taught()) == 50
    assert not restore_taught()


def test_a_damaged_file_is_named_and_something_else_reads(taught):
    path = keep_taught(taught.model)
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(ModelFileError, match=r"taught_reader.* The Reader that comes with the program reads instead"):
        load_taught()
