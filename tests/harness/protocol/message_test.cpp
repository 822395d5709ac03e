#include "harness/protocol/message.h"

#include "harness/protocol/bytes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <iterator>
#include <limits>
#include <random>

namespace timetrial::protocol {
namespace {

Configure sample_configure() {
  Configure configure;
  configure.workload = "fashion_mnist_vit";
  configure.library = "/a/b.so";
  configure.training_dir = "/data/training";
  configure.device = "cpu";
  configure.threads = 2;
  configure.trial_seed = ~0ULL;
  configure.point = {{"beta1", 0.9}, {"learning_rate", 1e-3}};
  configure.max_steps = 7;
  configure.resume = true;
  configure.budget_s = 90;
  configure.validation_target = 0.85;
  configure.step_hint = 1500;
  Evaluation evaluation;
  evaluation.step = 3;
  evaluation.submission_time_s = 1.25;
  evaluation.metrics = {{"validation/accuracy", 0.5}};
  configure.evaluations = {evaluation, evaluation};
  configure.blind = true;
  configure.snapshot_at = {1, 250};
  configure.record_losses = true;
  configure.diagnose = {.sharpness = true, .activations = true};
  return configure;
}

std::vector<Message> samples() {
  Evaluation evaluation;
  evaluation.step = 9;
  evaluation.metrics = {{"validation/loss", -0.0}};
  return {sample_configure(),
          Go{1.5, true, evaluation},
          Go{0, false, {}},
          SaveCheckpoint{},
          Stop{},
          Ready{4, 128, 0xABCDEF},
          Snapshot{12, SnapshotReason::step_limit, 0.25, {{"w", 1}}, {3, 2, {0.5F, 0.25F}}},
          Checkpointed{12},
          Failed{FailureKind::out_of_memory_device, "update", "too big", 3},
          Diagnose{},
          Diagnosed{12, {{"raw_sharpness", 2.5}}}};
}

TEST(Message, SurvivesARoundTrip) {
  for (const auto& message : samples()) {
    SCOPED_TRACE(name(message));
    const auto bytes = encode(message);
    const Message back = decode(bytes);
    EXPECT_EQ(back.index(), message.index());
    EXPECT_EQ(encode(back), bytes);
  }
  const auto configure = std::get<Configure>(decode(encode(sample_configure())));
  EXPECT_EQ(configure.point, sample_configure().point);
  EXPECT_EQ(configure.trial_seed, ~0ULL);
  EXPECT_EQ(configure.evaluations.size(), 2U);
  EXPECT_EQ(configure.evaluations[1].metrics.at("validation/accuracy"), 0.5);
  EXPECT_TRUE(configure.blind);
  EXPECT_FALSE(configure.deterministic);
  EXPECT_EQ(configure.snapshot_at, (std::vector<std::int64_t>{1, 250}));
  EXPECT_TRUE(configure.record_losses);
  EXPECT_EQ(configure.diagnose, sample_configure().diagnose);
}

TEST(Message, ADiagnosisFitsAndBringsNoMoreThanItMay) {
  Diagnosed fullest{3, {}};
  for (std::size_t i = 0; i < kMostDiagnosed; ++i) {
    const std::string number = std::to_string(i);
    fullest.values[number + std::string(kLongestDiagnosedName - number.size(), '.')] = 0.5;
  }
  const auto bytes = encode(fullest);
  EXPECT_LE(bytes.size(), kMaxMessage);
  EXPECT_EQ(std::get<Diagnosed>(decode(bytes)).values, fullest.values);
  EXPECT_EQ(std::get<Diagnosed>(decode(bytes)).step, 3);
  fullest.values["one more"] = 1;
  EXPECT_THROW(decode(encode(fullest)), ProtocolError);
  EXPECT_THROW(decode(encode(Diagnosed{3, {{std::string(kLongestDiagnosedName + 1, 'x'), 1}}})),
               ProtocolError);
  EXPECT_THROW(decode(encode(Diagnosed{3, {{"", 1}}})), ProtocolError);
}

TEST(Message, ASnapshotBringsWhatTheSubmissionSaysAndItsLosses) {
  Snapshot snapshot;
  for (std::size_t i = 0; i < kMostRecorded; ++i) {
    const std::string number = std::to_string(i);
    snapshot.recorded[number + std::string(kLongestRecordedName - number.size(), '.')] = 0.5;
  }
  snapshot.losses = {7, 4, std::vector<float>(kMostLosses, 0.25F)};
  const auto bytes = encode(snapshot);
  EXPECT_LE(bytes.size(), kMaxMessage) << "the fullest snapshot must fit";
  const auto back = std::get<Snapshot>(decode(bytes));
  EXPECT_EQ(back.recorded, snapshot.recorded);
  EXPECT_EQ(back.losses.losses, snapshot.losses.losses);
  EXPECT_EQ(back.losses.first_step, 7);
  EXPECT_EQ(back.losses.stride, 4);
}

TEST(Message, ASnapshotIsRefusedWithMoreThanItMayBring) {
  struct Case {
    const char* what;
    std::function<void(Snapshot&)> spoil;
  };
  const Case cases[] = {
      {"too many values",
       [](Snapshot& s) {
         for (std::size_t i = 0; i <= kMostRecorded; ++i) s.recorded[std::to_string(i)] = 1;
       }},
      {"a long name",
       [](Snapshot& s) { s.recorded[std::string(kLongestRecordedName + 1, 'x')] = 1; }},
      {"no name", [](Snapshot& s) { s.recorded[""] = 1; }},
      {"a name of the harness's", [](Snapshot& s) { s.recorded["diagnose/raw_sharpness"] = 1; }},
      {"a name of the harness's", [](Snapshot& s) { s.recorded["evaluator/shape_bias/x"] = 1; }},
      {"too many losses", [](Snapshot& s) { s.losses.losses.resize(kMostLosses + 1); }},
      {"a negative step", [](Snapshot& s) { s.losses.first_step = -1; }},
      {"no stride", [](Snapshot& s) { s.losses.stride = 0; }},
  };
  for (const auto& test : cases) {
    SCOPED_TRACE(test.what);
    Snapshot snapshot;
    test.spoil(snapshot);
    EXPECT_THROW(decode(encode(snapshot)), ProtocolError);
  }
}

TEST(Message, ASnapshotSaysHowLongTrainingWaitedForData) {
  const auto back = std::get<Snapshot>(decode(encode(Snapshot{3, SnapshotReason::due, 0.25})));
  EXPECT_EQ(back.data_wait_s, 0.25);
  for (const double bad : {-1e-9, std::nan(""), std::numeric_limits<double>::infinity()}) {
    EXPECT_THROW(decode(encode(Snapshot{3, SnapshotReason::due, bad})), ProtocolError) << bad;
  }
}

/// The bytes of a message with one piece of them replaced by another of the same length.
std::vector<std::byte> replaced(const Message& message, const std::string& from,
                                const std::string& to) {
  auto bytes = encode(message);
  const auto as_byte = [](char c) { return static_cast<std::byte>(c); };
  std::vector<std::byte> wanted, given;
  std::transform(from.begin(), from.end(), std::back_inserter(wanted), as_byte);
  std::transform(to.begin(), to.end(), std::back_inserter(given), as_byte);
  const auto at = std::search(bytes.begin(), bytes.end(), wanted.begin(), wanted.end());
  EXPECT_NE(at, bytes.end());
  std::copy(given.begin(), given.end(), at);
  return bytes;
}

TEST(Message, IsRefusedWhenANameOfAValueHidesAnother) {
  Configure configure;
  configure.point = {{"a1", 1}, {"a2", 2}};
  EXPECT_NO_THROW(decode(replaced(configure, "a2", "a3")));
  EXPECT_THROW(decode(replaced(configure, "a2", "a1")), ProtocolError);
  EXPECT_THROW(decode(replaced(configure, "a2", "a0")), ProtocolError);
}

TEST(Message, IsRefusedWhenCutShortAnywhere) {
  for (const auto& message : samples()) {
    SCOPED_TRACE(name(message));
    const auto bytes = encode(message);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      EXPECT_THROW(decode(std::span(bytes.data(), size)), ProtocolError) << size;
    }
  }
}

TEST(Message, IsRefusedWithBytesLeftOver) {
  auto bytes = encode(Stop{});
  bytes.push_back(std::byte{0});
  EXPECT_THROW(decode(bytes), ProtocolError);
}

TEST(Message, IsRefusedFromAnotherProtocolVersion) {
  auto bytes = encode(Stop{});
  bytes[0] ^= std::byte{1};
  EXPECT_THROW(decode(bytes), ProtocolError);
}

TEST(Message, CutsTextsOfFailures) {
  const Failed failed{FailureKind::exception, "update", std::string(1'000'000, 'x'), 0};
  const auto bytes = encode(failed);
  EXPECT_LT(bytes.size(), kMaxMessage);
  EXPECT_EQ(std::get<Failed>(decode(bytes)).reason.size(), kMaxText);
}

TEST(Message, IsRefusedWhenATextIsLongerThanItIsEverSent) {
  auto bytes = encode(Failed{FailureKind::exception, "", std::string(kMaxText, 'x'), 0});
  EXPECT_NO_THROW(decode(bytes));
  // The reason's length, the reason and the step end the message: one more byte of the reason.
  const auto step = bytes.end() - sizeof(std::int64_t);
  auto& length = *(step - kMaxText - sizeof(std::uint64_t));
  length = static_cast<std::byte>(std::to_integer<int>(length) + 1);
  bytes.insert(step, std::byte{'x'});
  EXPECT_THROW(decode(bytes), ProtocolError);
}

TEST(Message, NeverReadsPastItsBytesWhateverTheyHold) {
  std::mt19937_64 random(7);  // bytes that begin like a message and go on at random
  const auto messages = samples();
  for (int round = 0; round < 20000; ++round) {
    auto bytes = encode(messages[random() % messages.size()]);
    for (int change = 0; change < 3; ++change) {
      bytes[random() % bytes.size()] = static_cast<std::byte>(random());
    }
    try {
      decode(bytes);
    } catch (const ProtocolError&) {
      // Refused, which is one of the two right answers.
    }
  }
}

}  // namespace
}  // namespace timetrial::protocol
